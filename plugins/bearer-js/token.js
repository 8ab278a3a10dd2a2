// Takes tokens apart and believes those that are signed and not expired.
import { verifyHmac } from "edgewit:plugin/crypto@0.1.0";
import { base64url } from "./base64url.js";
import { decode, encode } from "./utf8.js";

// What the Authorization header `header` carries, or null when it is nothing to rely on. `key` is bytes, `now` is in
// seconds.
export function read(header, key, now) {
    const parts = bearer(header)?.split(".") ?? [];
    if (parts.length !== 2) {
        return null;
    }
    const [payload, tag] = parts.map(base64url);
    if (!payload || !tag || !verifyHmac("sha256", key, encode(parts[0]), tag)) {
        return null;
    }
    const claims = parse(payload);
    return claims && claims.exp > now ? claims : null;
}

// The token behind the Bearer scheme, whose case does not matter (RFC 9110 section 11.1).
function bearer(header) {
    return /^[Bb][Ee][Aa][Rr][Ee][Rr] +([^ ].*)$/s.exec(header)?.[1];
}

const isText = (value) => typeof value === "string" && value.isWellFormed();
// A whole number that every language reads the same: up to 2^53 - 1, and 3.0 is one.
const isInteger = Number.isSafeInteger;

// null when something is missing or not of its kind. An optional value may also be null.
function parse(bytes) {
    let payload;
    try {
        payload = JSON.parse(decode(bytes));
    } catch {
        return null;
    }
    if (payload === null || typeof payload !== "object" || Array.isArray(payload)) {
        return null;
    }
    const own = (name) => (Object.hasOwn(payload, name) ? (payload[name] ?? undefined) : undefined);
    const [sub, exp, scope, tier, level, beta] = ["sub", "exp", "scope", "tier", "level", "beta"].map(own);
    const fits =
        isText(sub) &&
        sub !== "" &&
        isInteger(exp) &&
        isText(scope) &&
        (tier === undefined || isText(tier)) &&
        (level === undefined || isInteger(level)) &&
        (beta === undefined || typeof beta === "boolean");
    return fits ? { sub, exp, scope, tier, level, beta } : null;
}
