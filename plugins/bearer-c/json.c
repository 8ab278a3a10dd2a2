#include "json.h"

#include <stdint.h>
#include <stdlib.h>

// Lists and objects within each other. A limit, because each one takes room on the stack.
enum { DEPTH_LIMIT = 128 };

struct reader {
    char *at;
    json_member *member;
    void *context;
};

static bool read_value(struct reader *reader, int depth, struct json_value *value);
static bool utf8_valid(const unsigned char *at, size_t length);

static void skip_space(struct reader *reader) {
    while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r') {
        reader->at++;
    }
}

static bool take(struct reader *reader, const char *word) {
    size_t length = strlen(word);
    if (strncmp(reader->at, word, length) != 0) {
        return false;
    }
    reader->at += length;
    return true;
}

static bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

static bool take_digits(struct reader *reader) {
    const char *start = reader->at;
    while (is_digit(*reader->at)) {
        reader->at++;
    }
    return reader->at > start;
}

// strtod takes more than JSON allows, so the shape is checked first.
static bool read_number(struct reader *reader, double *number) {
    const char *start = reader->at;
    take(reader, "-");
    if (!take(reader, "0") && !take_digits(reader)) {
        return false;
    }
    if (take(reader, ".") && !take_digits(reader)) {
        return false;
    }
    if (take(reader, "e") || take(reader, "E")) {
        if (!take(reader, "+")) {
            take(reader, "-");
        }
        if (!take_digits(reader)) {
            return false;
        }
    }
    *number = strtod(start, NULL);
    return true;
}

static bool read_hex4(struct reader *reader, uint32_t *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        char letter = *reader->at;
        uint32_t digit;
        if (is_digit(letter)) {
            digit = letter - '0';
        } else if (letter >= 'a' && letter <= 'f') {
            digit = letter - 'a' + 10;
        } else if (letter >= 'A' && letter <= 'F') {
            digit = letter - 'A' + 10;
        } else {
            return false;
        }
        *unit = *unit << 4 | digit;
        reader->at++;
    }
    return true;
}

// What follows `\u`. Half a surrogate pair is no character.
static bool read_unicode_escape(struct reader *reader, char **out) {
    uint32_t code, low;
    if (!read_hex4(reader, &code) || (code >= 0xdc00 && code <= 0xdfff)) {
        return false;
    }
    if (code >= 0xd800 && code <= 0xdbff) {
        if (!take(reader, "\\u") || !read_hex4(reader, &low) || low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
    }
    if (code < 0x80) {
        *(*out)++ = (char)code;
        return true;
    }
    int following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    *(*out)++ = (char)(first[following] | code >> (6 * following));
    while (following-- > 0) {
        *(*out)++ = (char)(0x80 | (code >> (6 * following) & 0x3f));
    }
    return true;
}

static bool read_escape(struct reader *reader, char **out) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char letter = *reader->at++;
    if (letter == 'u') {
        return read_unicode_escape(reader, out);
    }
    const char *found = letter == 0 ? NULL : strchr(letters, letter);
    if (found == NULL) {
        return false;
    }
    *(*out)++ = meanings[found - letters];
    return true;
}

// An escape is longer than what it means, so what was read is always ahead of what is written.
static bool read_text(struct reader *reader, struct text *text) {
    if (!take(reader, "\"")) {
        return false;
    }
    char *start = reader->at, *out = start;
    for (;;) {
        char letter = *reader->at++;
        if (letter == '"') {
            *text = (struct text){start, (size_t)(out - start)};
            return true;
        }
        if ((unsigned char)letter < 0x20) { // the zero byte at the end, too
            return false;
        }
        if (letter != '\\') {
            *out++ = letter;
        } else if (!read_escape(reader, &out)) {
            return false;
        }
    }
}

static bool read_list(struct reader *reader, int depth) {
    skip_space(reader);
    if (take(reader, "]")) {
        return true;
    }
    do {
        struct json_value value;
        if (!read_value(reader, depth, &value)) {
            return false;
        }
    } while (take(reader, ","));
    return take(reader, "]");
}

// Members are handed on for the outermost object alone.
static bool read_object(struct reader *reader, int depth) {
    skip_space(reader);
    if (take(reader, "}")) {
        return true;
    }
    do {
        struct text name;
        struct json_value value;
        skip_space(reader);
        if (!read_text(reader, &name)) {
            return false;
        }
        skip_space(reader);
        if (!take(reader, ":") || !read_value(reader, depth, &value)) {
            return false;
        }
        if (depth == 1) {
            reader->member(reader->context, name, value);
        }
    } while (take(reader, ","));
    return take(reader, "}");
}

static bool read_value(struct reader *reader, int depth, struct json_value *value) {
    bool read;
    *value = (struct json_value){.kind = JSON_OTHER};
    skip_space(reader);
    if (*reader->at == '"') {
        value->kind = JSON_TEXT;
        read = read_text(reader, &value->text);
    } else if (take(reader, "{")) {
        read = depth < DEPTH_LIMIT && read_object(reader, depth + 1);
    } else if (take(reader, "[")) {
        read = depth < DEPTH_LIMIT && read_list(reader, depth + 1);
    } else if (take(reader, "null")) {
        value->kind = JSON_NULL;
        read = true;
    } else if (take(reader, "true")) {
        value->kind = JSON_TRUE;
        read = true;
    } else if (take(reader, "false")) {
        value->kind = JSON_FALSE;
        read = true;
    } else {
        value->kind = JSON_NUMBER;
        read = read_number(reader, &value->number);
    }
    skip_space(reader);
    return read;
}

bool json_object(char *json, size_t length, json_member *member, void *context) {
    struct reader reader = {json, member, context};
    if (!utf8_valid((const unsigned char *)json, length)) {
        return false;
    }
    skip_space(&reader);
    if (!take(&reader, "{") || !read_object(&reader, 1)) {
        return false;
    }
    skip_space(&reader);
    return reader.at == json + length;
}

// RFC 3629: no longer spelling than needed, no surrogates, nothing beyond U+10FFFF.
static bool utf8_valid(const unsigned char *at, size_t length) {
    const unsigned char *end = at + length;
    while (at < end) {
        unsigned char first = *at++;
        if (first < 0x80) {
            continue;
        }
        int following = first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) == 0xe0 ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
        if (following == 0 || end - at < following) {
            return false;
        }
        unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        for (; following > 0; following--, at++) {
            if (*at < least || *at > most) {
                return false;
            }
            least = 0x80;
            most = 0xbf;
        }
    }
    return true;
}
