// Package token takes tokens apart and believes those that are signed and not expired.
package token

import (
	"encoding/base64"
	"encoding/json/v2"
	"math"
	"strings"

	crypto "wit_component/edgewit_plugin_crypto"
)

// Claims are what a token says. What is nil was not there.
type Claims struct {
	Sub   string
	Scope string
	Tier  *string
	Level *int64
	Beta  *bool
	// Seconds since 1970 from which on the token is worth nothing.
	exp int64
}

// Read says what an Authorization header carries, or nil when it is nothing to rely on.
func Read(header string, key []byte, nowMs int64) *Claims {
	scheme, token, _ := strings.Cut(header, " ")
	data, encodedTag, twoParts := strings.Cut(strings.TrimLeft(token, " "), ".")
	// RFC 9110 section 11.1: the case of a scheme does not matter.
	if !asciiFold(scheme, "bearer") || !twoParts {
		return nil
	}
	payload, isPayload := base64url(data)
	tag, isTag := base64url(encodedTag) // refuses a second dot, too
	if !isPayload || !isTag || !crypto.VerifyHmac(crypto.Hash_Sha256, key, []byte(data), tag) {
		return nil
	}
	claims := parse(payload)
	if claims == nil || claims.exp*1000 <= nowMs {
		return nil
	}
	return claims
}

// strings.EqualFold would take the Kelvin sign for a k.
func asciiFold(text, lower string) bool {
	return len(text) == len(lower) && strings.ToLower(text) == lower
}

// Decodes BASE64URL without padding (RFC 4648 section 5). The decoder skips line ends; one value has one spelling here.
func base64url(text string) ([]byte, bool) {
	bytes, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return bytes, err == nil && !strings.ContainsAny(text, "\r\n")
}

// nil when something is missing or not of its kind. An optional value may also be null.
func parse(payload []byte) *Claims {
	var members map[string]any
	// The second version of the package refuses what is not UTF-8; the first would mend it.
	if json.Unmarshal(payload, &members) != nil {
		return nil
	}
	sub, isSub := members["sub"].(string)
	scope, isScope := members["scope"].(string)
	exp, isExp := integer(members["exp"])
	tier, isTier := optional(members["tier"], text)
	level, isLevel := optional(members["level"], integer)
	beta, isBeta := optional(members["beta"], flag)
	if !isSub || sub == "" || !isScope || !isExp || !isTier || !isLevel || !isBeta {
		return nil
	}
	return &Claims{Sub: sub, Scope: scope, Tier: tier, Level: level, Beta: beta, exp: exp}
}

func text(value any) (string, bool) {
	text, ok := value.(string)
	return text, ok
}

func flag(value any) (bool, bool) {
	flag, ok := value.(bool)
	return flag, ok
}

// A whole number that every language reads the same: up to 2^53 - 1, and 3.0 is one.
func integer(value any) (int64, bool) {
	const largest = 1<<53 - 1
	number, ok := value.(float64)
	return int64(number), ok && math.Trunc(number) == number && math.Abs(number) <= largest
}

// nil and true when there is no value; false when it is of another kind than read takes.
func optional[T any](value any, read func(any) (T, bool)) (*T, bool) {
	if value == nil {
		return nil, true
	}
	result, ok := read(value)
	return &result, ok
}
