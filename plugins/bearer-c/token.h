// Takes tokens apart and believes those that are signed and not expired.
#pragma once

#include <stdint.h>

#include "text.h"

// What a token says.
struct claims {
    struct text sub, scope, tier;
    // Seconds since 1970 from which on the token is worth nothing.
    int64_t exp;
    int64_t level;
    bool beta;
    // What is optional and there.
    bool has_tier, has_level, has_beta;
};

// What the Authorization header `header` carries; false when it is nothing to rely on.
bool token_read(struct text header, struct text key, int64_t now_ms, struct claims *claims);

bool claims_have_scope(const struct claims *claims, struct text wanted);
