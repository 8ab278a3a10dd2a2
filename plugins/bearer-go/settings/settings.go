// Package settings holds what the operator wrote.
package settings

import (
	"errors"

	config "wit_component/edgewit_plugin_config"
)

type Settings struct {
	// Key of the tokens' HMAC.
	Key []byte
	// Scope that a token must have, or empty.
	Scope string
}

var known *Settings

// Get reads the settings the first time.
func Get() (*Settings, error) {
	if known != nil {
		return known, nil
	}
	key := config.Get("key").SomeOr("")
	if key == "" {
		return nil, errors.New("config has no `key`, expected the key that tokens are signed with")
	}
	known = &Settings{Key: []byte(key), Scope: config.Get("scope").SomeOr("")}
	return known, nil
}
