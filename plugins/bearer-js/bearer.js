// Lets requests in by signed bearer tokens. ../bearer.cases.md says what a token looks like and what is decided.
import { get } from "edgewit:plugin/config@0.1.0";
import { read } from "./token.js";
import { encode } from "./utf8.js";

// What `configure` leaves here is where every request starts from.
let settings;

export const configure = {
    configure() {
        settings = readSettings();
    },
};

export const authorize = {
    authorize(request) {
        const { key, scope } = settings ?? readSettings();
        const claims = read(presented(request), key, now(request));
        if (!claims) {
            return { tag: "unauthorized" };
        }
        if (scope && !claims.scope.split(" ").includes(scope)) {
            return { tag: "deny", val: `scope ${scope} is missing` };
        }
        return { tag: "allow", val: allowed(claims) };
    },
};

function readSettings() {
    const key = get("key");
    if (!key) {
        // What is thrown is the error of the WIT result: text, not an Error.
        throw "config has no `key`, expected the key that tokens are signed with";
    }
    return { key: encode(key), scope: get("scope") };
}

// What the client presents: the token of a TOKEN authorizer, else the first identity source of a REQUEST authorizer,
// else the Authorization header.
function presented(request) {
    return request.authorizationToken() ?? request.identitySources()[0] ?? request.header("authorization") ?? "";
}

// When the request arrived, in seconds since 1970. A guest has no clock of its own.
function now(request) {
    const text = request.context("requestTimeEpoch");
    if (text == null) {
        throw "the request has no requestTimeEpoch";
    }
    if (!/^[0-9]+$/.test(text)) {
        throw `found requestTimeEpoch \`${text}\`, expected milliseconds since 1970`;
    }
    return Number(text) / 1000;
}

function allowed({ sub, scope, tier, level, beta }) {
    const context = [["scope", { tag: "text", val: scope }]];
    if (tier !== undefined) context.push(["tier", { tag: "text", val: tier }]);
    if (level !== undefined) context.push(["level", { tag: "integer", val: level }]);
    if (beta !== undefined) context.push(["beta", { tag: "boolean", val: beta }]);
    return { principalId: sub, context, usageIdentifierKey: undefined };
}
