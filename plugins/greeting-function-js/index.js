// Lets the handler of handler.js answer events: makes objects of JSON, and what it throws a Lambda error.
//
// A handler may be async, but there is nothing here to wait for: no network, no timers and no clock.
import { handler } from "./handler.js";

export const handle = {
    async handle(event, invocation) {
        try {
            return JSON.stringify(await handler(JSON.parse(event), contextOf(invocation))) ?? "null";
        } catch (error) {
            // What is thrown is the error of the WIT result: a record, not an Error.
            throw { errorType: error?.name ?? "Error", errorMessage: String(error?.message ?? error) };
        }
    },
};

// The part of Lambda's context object that a node knows.
function contextOf({ functionName, functionArn, requestId, remainingMs }) {
    return {
        functionName,
        invokedFunctionArn: functionArn,
        awsRequestId: requestId,
        // As it was when the call began.
        getRemainingTimeInMillis: () => Number(remainingMs),
    };
}
