// Package export_edgewit_plugin_authorize lets requests in by signed bearer tokens. ../../bearer.cases.md says what a
// token looks like and what is decided.
package export_edgewit_plugin_authorize

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wit_component/settings"
	"wit_component/token"

	. "go.bytecodealliance.org/pkg/wit/types"
	. "wit_component/edgewit_plugin_authorize"
)

func Authorize(request *Request) Result[Decision, string] {
	defer request.Drop()
	decision, err := decide(request)
	if err != nil {
		return Err[Decision](err.Error())
	}
	return Ok[Decision, string](decision)
}

func decide(request *Request) (Decision, error) {
	settings, err := settings.Get()
	if err != nil {
		return Decision{}, err
	}
	now, err := nowMs(request)
	if err != nil {
		return Decision{}, err
	}
	claims := token.Read(presented(request), settings.Key, now)
	if claims == nil {
		return MakeDecisionUnauthorized(), nil
	}
	if settings.Scope != "" && !slices.Contains(strings.Split(claims.Scope, " "), settings.Scope) {
		return MakeDecisionDeny(Some("scope " + settings.Scope + " is missing")), nil
	}
	return MakeDecisionAllow(allowed(claims)), nil
}

// What the client presents: the token of a TOKEN authorizer, else the first identity source of a REQUEST authorizer,
// else the Authorization header.
func presented(request *Request) string {
	if token := request.AuthorizationToken(); token.IsSome() {
		return token.Some()
	}
	if sources := request.IdentitySources(); len(sources) > 0 {
		return sources[0]
	}
	return request.Header("authorization").SomeOr("")
}

// When the request arrived, in milliseconds since 1970. A guest has no clock of its own.
func nowMs(request *Request) (int64, error) {
	text := request.Context("requestTimeEpoch")
	if text.IsNone() {
		return 0, errors.New("the request has no requestTimeEpoch")
	}
	now, err := strconv.ParseInt(text.Some(), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("found requestTimeEpoch `%s`, expected milliseconds since 1970", text.Some())
	}
	return now, nil
}

func allowed(claims *token.Claims) Allowed {
	context := []Tuple2[string, ContextValue]{{F0: "scope", F1: MakeContextValueText(claims.Scope)}}
	if claims.Tier != nil {
		context = append(context, Tuple2[string, ContextValue]{F0: "tier", F1: MakeContextValueText(*claims.Tier)})
	}
	if claims.Level != nil {
		context = append(context, Tuple2[string, ContextValue]{F0: "level", F1: MakeContextValueInteger(*claims.Level)})
	}
	if claims.Beta != nil {
		context = append(context, Tuple2[string, ContextValue]{F0: "beta", F1: MakeContextValueBoolean(*claims.Beta)})
	}
	return Allowed{PrincipalId: claims.Sub, Context: context, UsageIdentifierKey: None[string]()}
}
