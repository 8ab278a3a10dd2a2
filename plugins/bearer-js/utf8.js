// Text and its bytes in UTF-8, as TextEncoder and TextDecoder do it, which QuickJS does not have. An interpreter takes
// long over single bytes, so both go through functions of the engine; between them stands a text of which each
// character is a byte.

export const encode = (text) => Uint8Array.fromBase64(btoa(unescape(encodeURIComponent(text))));

// Throws when `bytes` are not UTF-8.
export const decode = (bytes) => decodeURIComponent(escape(atob(bytes.toBase64())));
