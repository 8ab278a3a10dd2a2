// Bytes that are not necessarily ended by a zero byte.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct text {
    const char *at;
    size_t length;
};

static inline bool text_is(struct text text, const char *other) {
    return text.length == strlen(other) && memcmp(text.at, other, text.length) == 0;
}
