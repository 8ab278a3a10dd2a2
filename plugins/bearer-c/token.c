#include "token.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "bearer.h"
#include "json.h"

// What a payload was found to hold: each claim may be missing, and any may be of the wrong kind.
struct payload {
    struct claims claims;
    bool has_sub, has_exp, has_scope, malformed;
};

static bool bearer(struct text header, struct text *token);
static bool base64url(struct text text, char **bytes, size_t *length);
static bool signed_by(struct text key, struct text data, const char *tag, size_t tag_length);
static void read_member(void *context, struct text name, struct json_value value);

bool token_read(struct text header, struct text key, int64_t now_ms, struct claims *claims) {
    struct text token;
    if (!bearer(header, &token)) {
        return false;
    }
    const char *dot = memchr(token.at, '.', token.length);
    if (dot == NULL) {
        return false;
    }
    struct text data = {token.at, (size_t)(dot - token.at)};
    struct text encoded_tag = {dot + 1, token.length - data.length - 1};
    char *json, *tag;
    size_t json_length, tag_length;
    // A second dot is no letter of BASE64URL.
    if (!base64url(data, &json, &json_length) || !base64url(encoded_tag, &tag, &tag_length)) {
        return false;
    }
    if (!signed_by(key, data, tag, tag_length)) {
        return false;
    }
    // Only now: a parser should see nothing that a stranger wrote.
    struct payload payload = {0};
    if (!json_object(json, json_length, read_member, &payload) || payload.malformed) {
        return false;
    }
    *claims = payload.claims;
    return payload.has_sub && payload.has_exp && payload.has_scope && claims->exp > now_ms / 1000;
}

bool claims_have_scope(const struct claims *claims, struct text wanted) {
    const char *at = claims->scope.at, *end = at + claims->scope.length;
    for (;;) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        size_t length = (size_t)((space != NULL ? space : end) - at);
        if (length == wanted.length && memcmp(at, wanted.at, length) == 0) {
            return true;
        }
        if (space == NULL) {
            return false;
        }
        at = space + 1;
    }
}

// The token behind the Bearer scheme, whose case does not matter (RFC 9110 section 11.1).
static bool bearer(struct text header, struct text *token) {
    static const char scheme[] = "bearer ";
    size_t length = sizeof scheme - 1;
    if (header.length < length || strncasecmp(header.at, scheme, length) != 0) {
        return false;
    }
    while (length < header.length && header.at[length] == ' ') {
        length++;
    }
    *token = (struct text){header.at + length, header.length - length};
    return true;
}

static int base64url_value(char letter) {
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    if (letter == '-') return 62;
    if (letter == '_') return 63;
    return -1;
}

// Decodes BASE64URL without padding (RFC 4648 section 5) and puts a zero byte behind. False when `text` is anything
// else, or leaves bits over that are not zero: one value has one spelling.
static bool base64url(struct text text, char **bytes, size_t *length) {
    unsigned bits = 0;
    int left = 0;
    char *out = *bytes = malloc(text.length / 4 * 3 + 3);
    if (out == NULL) {
        abort();
    }
    for (size_t i = 0; i < text.length; i++) {
        int value = base64url_value(text.at[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (unsigned)value;
        left += 6;
        if (left >= 8) {
            left -= 8;
            *out++ = (char)(bits >> left);
            bits &= (1U << left) - 1;
        }
    }
    *out = 0;
    *length = (size_t)(out - *bytes);
    return left < 6 && bits == 0;
}

// The bindings take pointers that could be written through and never are.
static bearer_list_u8_t list(const char *at, size_t length) {
    return (bearer_list_u8_t){(uint8_t *)at, length};
}

static bool signed_by(struct text key, struct text data, const char *tag, size_t tag_length) {
    bearer_list_u8_t keys = list(key.at, key.length), all = list(data.at, data.length), tags = list(tag, tag_length);
    return edgewit_plugin_crypto_verify_hmac(EDGEWIT_PLUGIN_CRYPTO_HASH_SHA256, &keys, &all, &tags);
}

// A whole number that every language reads the same: up to 2^53 - 1, and 3.0 is one.
static bool is_integer(struct json_value value) {
    return value.kind == JSON_NUMBER && fabs(value.number) <= 9007199254740991.0 && value.number == trunc(value.number);
}

// An optional value may also be null.
static void read_member(void *context, struct text name, struct json_value value) {
    struct payload *payload = context;
    struct claims *claims = &payload->claims;
    bool fits = true;
    if (text_is(name, "sub")) {
        fits = payload->has_sub = value.kind == JSON_TEXT && value.text.length > 0;
        claims->sub = value.text;
    } else if (text_is(name, "scope")) {
        fits = payload->has_scope = value.kind == JSON_TEXT;
        claims->scope = value.text;
    } else if (text_is(name, "exp")) {
        fits = payload->has_exp = is_integer(value);
        claims->exp = fits ? (int64_t)value.number : 0;
    } else if (text_is(name, "tier")) {
        claims->has_tier = value.kind == JSON_TEXT;
        fits = claims->has_tier || value.kind == JSON_NULL;
        claims->tier = value.text;
    } else if (text_is(name, "level")) {
        claims->has_level = is_integer(value);
        fits = claims->has_level || value.kind == JSON_NULL;
        claims->level = claims->has_level ? (int64_t)value.number : 0;
    } else if (text_is(name, "beta")) {
        claims->has_beta = value.kind == JSON_TRUE || value.kind == JSON_FALSE;
        fits = claims->has_beta || value.kind == JSON_NULL;
        claims->beta = value.kind == JSON_TRUE;
    }
    payload->malformed |= !fits;
}
