const BASE64URL = { alphabet: "base64url", omitPadding: true };

// Decodes BASE64URL without padding (RFC 4648 section 5). null when `text` is anything else, or leaves bits over that
// are not zero: one value has one spelling.
export function base64url(text) {
    try {
        const bytes = Uint8Array.fromBase64(text, BASE64URL);
        return bytes.toBase64(BASE64URL) === text ? bytes : null;
    } catch {
        return null;
    }
}
