// Changes a little of everything: the example of a transform. ../uppercase-transform-rust says what becomes of what.
import { get } from "edgewit:plugin/config@0.1.0";

export const rewrite = {
    rewriteRequest(request) {
        const query = request.queryValues("name").map((name, index) => ({
            // The first value replaces all that were there, the others join it.
            tag: index === 0 ? "set" : "append",
            val: ["name", name.toUpperCase()],
        }));
        const headers = [{ tag: "set", val: ["x-plugin", get("name") ?? "uppercase"] }];
        return { tag: "forward", val: { path: undefined, pathParameters: [], query, headers, body: undefined, handOn: undefined } };
    },

    rewriteResponse(_request, response) {
        const body = response.body();
        const headers = [{ tag: "set", val: ["x-status", String(response.status())] }];
        const changed = body?.whole && isAsciiText(body.bytes) ? body.bytes.map(upperCase) : undefined;
        return { status: undefined, headers, body: changed };
    },
};

function isAsciiText(bytes) {
    const isText = (byte) => (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0d || byte === 0x0a;
    return bytes.length > 0 && bytes.every(isText);
}

function upperCase(byte) {
    return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}
