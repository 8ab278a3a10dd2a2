// Package export_edgewit_plugin_configure checks the configuration before any request.
package export_edgewit_plugin_configure

import (
	"wit_component/settings"

	. "go.bytecodealliance.org/pkg/wit/types"
)

// What Configure leaves in memory is where every request starts from.
func Configure() Result[Unit, string] {
	if _, err := settings.Get(); err != nil {
		return Err[Unit](err.Error())
	}
	return Ok[Unit, string](Unit{})
}
