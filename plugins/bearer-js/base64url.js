const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]));

// Decodes BASE64URL without padding (RFC 4648 section 5). null when `text` is anything else, or leaves bits over that
// are not zero: one value has one spelling.
export function base64url(text) {
    const bytes = [];
    let bits = 0;
    let left = 0;
    for (const letter of text) {
        const value = VALUES.get(letter);
        if (value === undefined) {
            return null;
        }
        bits = (bits << 6) | value;
        left += 6;
        if (left >= 8) {
            left -= 8;
            bytes.push(bits >> left);
            bits &= (1 << left) - 1;
        }
    }
    return left < 6 && bits === 0 ? new Uint8Array(bytes) : null;
}
