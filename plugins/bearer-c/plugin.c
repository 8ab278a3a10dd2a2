// Lets requests in by signed bearer tokens. ../bearer.cases.md says what a token looks like and what is decided.
//
// Nothing is freed: an instance serves one request and is thrown away whole.

#include <stdlib.h>

#include "bearer.h" // generated from wit/bearer.wit
#include "token.h"

typedef edgewit_plugin_request_borrow_request_t request_t;
typedef exports_edgewit_plugin_authorize_decision_t decision_t;
typedef exports_edgewit_plugin_authorize_tuple2_string_context_value_t entry_t;

// What `configure` leaves here is where every request starts from.
static struct {
    bool read;
    struct text key;
    // Empty when no scope is required.
    struct text scope;
} settings;

// Three texts in a row.
static bearer_string_t join(const char *before, struct text middle, const char *after) {
    size_t length = strlen(before) + middle.length + strlen(after);
    char *joined = malloc(length);
    if (joined == NULL) {
        abort();
    }
    char *at = mempcpy(joined, before, strlen(before));
    at = mempcpy(at, middle.at, middle.length);
    memcpy(at, after, strlen(after));
    return (bearer_string_t){(uint8_t *)joined, length};
}

static bool fail(bearer_string_t *error, const char *message) {
    bearer_string_dup(error, message);
    return false;
}

static struct text text(bearer_string_t string) {
    return (struct text){(const char *)string.ptr, string.len};
}

static struct text setting(const char *name) {
    bearer_string_t key, value;
    bearer_string_set(&key, name);
    return edgewit_plugin_config_get(&key, &value) ? text(value) : (struct text){"", 0};
}

static bool read_settings(bearer_string_t *error) {
    if (settings.read) {
        return true;
    }
    settings.key = setting("key");
    settings.scope = setting("scope");
    settings.read = settings.key.length > 0;
    return settings.read || fail(error, "config has no `key`, expected the key that tokens are signed with");
}

bool exports_edgewit_plugin_configure_configure(bearer_string_t *error) {
    return read_settings(error);
}

// What the client presents: the token of a TOKEN authorizer, else the first identity source of a REQUEST authorizer,
// else the Authorization header.
static struct text presented(request_t request) {
    bearer_string_t value, name;
    bearer_list_string_t sources;
    if (edgewit_plugin_request_method_request_authorization_token(request, &value)) {
        return text(value);
    }
    edgewit_plugin_request_method_request_identity_sources(request, &sources);
    if (sources.len > 0) {
        return text(sources.ptr[0]);
    }
    bearer_string_set(&name, "authorization");
    return edgewit_plugin_request_method_request_header(request, &name, &value) ? text(value) : (struct text){"", 0};
}

// When the request arrived, in milliseconds since 1970. A guest has no clock of its own.
static bool read_now(request_t request, int64_t *now_ms, bearer_string_t *error) {
    bearer_string_t name, value;
    bearer_string_set(&name, "requestTimeEpoch");
    if (!edgewit_plugin_request_method_request_context(request, &name, &value)) {
        return fail(error, "the request has no requestTimeEpoch");
    }
    bool digits = value.len > 0 && value.len <= 18; // 18 digits fit into 64 bits
    *now_ms = 0;
    for (size_t i = 0; digits && i < value.len; i++) {
        digits = value.ptr[i] >= '0' && value.ptr[i] <= '9';
        *now_ms = *now_ms * 10 + (value.ptr[i] - '0');
    }
    if (!digits) {
        *error = join("found requestTimeEpoch `", text(value), "`, expected milliseconds since 1970");
    }
    return digits;
}

// Results are freed by the bindings, so what goes into them is copied.
static void set_text(bearer_string_t *string, struct text text) {
    bearer_string_dup_n(string, text.at, text.length);
}

static entry_t *add(decision_t *decision, const char *name, uint8_t kind) {
    entry_t *entry = &decision->val.allow.context.ptr[decision->val.allow.context.len++];
    bearer_string_dup(&entry->f0, name);
    entry->f1.tag = kind;
    return entry;
}

static void allow(const struct claims *claims, decision_t *decision) {
    enum { ENTRIES = 4 };
    *decision = (decision_t){.tag = EXPORTS_EDGEWIT_PLUGIN_AUTHORIZE_DECISION_ALLOW};
    set_text(&decision->val.allow.principal_id, claims->sub);
    decision->val.allow.context.ptr = malloc(ENTRIES * sizeof(entry_t));
    if (decision->val.allow.context.ptr == NULL) {
        abort();
    }
    entry_t *scope = add(decision, "scope", EXPORTS_EDGEWIT_PLUGIN_AUTHORIZE_CONTEXT_VALUE_TEXT);
    set_text(&scope->f1.val.text, claims->scope);
    if (claims->has_tier) {
        entry_t *tier = add(decision, "tier", EXPORTS_EDGEWIT_PLUGIN_AUTHORIZE_CONTEXT_VALUE_TEXT);
        set_text(&tier->f1.val.text, claims->tier);
    }
    if (claims->has_level) {
        add(decision, "level", EXPORTS_EDGEWIT_PLUGIN_AUTHORIZE_CONTEXT_VALUE_INTEGER)->f1.val.integer = claims->level;
    }
    if (claims->has_beta) {
        add(decision, "beta", EXPORTS_EDGEWIT_PLUGIN_AUTHORIZE_CONTEXT_VALUE_BOOLEAN)->f1.val.boolean = claims->beta;
    }
}

static bool decide(request_t request, decision_t *decision, bearer_string_t *error) {
    struct claims claims;
    int64_t now_ms;
    if (!read_settings(error) || !read_now(request, &now_ms, error)) {
        return false;
    }
    if (!token_read(presented(request), settings.key, now_ms, &claims)) {
        *decision = (decision_t){.tag = EXPORTS_EDGEWIT_PLUGIN_AUTHORIZE_DECISION_UNAUTHORIZED};
    } else if (settings.scope.length > 0 && !claims_have_scope(&claims, settings.scope)) {
        *decision = (decision_t){.tag = EXPORTS_EDGEWIT_PLUGIN_AUTHORIZE_DECISION_DENY};
        decision->val.deny.is_some = true;
        decision->val.deny.val = join("scope ", settings.scope, " is missing");
    } else {
        allow(&claims, decision);
    }
    return true;
}

bool exports_edgewit_plugin_authorize_authorize(edgewit_plugin_request_own_request_t request, decision_t *decision,
                                                bearer_string_t *error) {
    bool decided = decide(edgewit_plugin_request_borrow_request(request), decision, error);
    edgewit_plugin_request_request_drop_own(request);
    return decided;
}
