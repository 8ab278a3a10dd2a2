// Reads JSON objects (RFC 8259), changing the text they are in: escapes in strings are replaced where they stand.
#pragma once

#include "text.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_TEXT, JSON_OTHER };

struct json_value {
    enum json_kind kind;
    // Of a JSON_TEXT.
    struct text text;
    // Of a JSON_NUMBER.
    double number;
};

// Called for each member of the object, in order. The text of lists and objects is checked and not handed on.
typedef void json_member(void *context, struct text name, struct json_value value);

// Whether the `length` bytes at `json` are one JSON object in UTF-8. A zero byte must follow them.
bool json_object(char *json, size_t length, json_member *member, void *context);
