//! What is refused before it runs, and in which words.

use std::sync::Arc;

use edgewit_plugin::{
    Decision, HostError, HostOptions, LoadError, Plugin, PluginHost, PluginLimits, PluginSettings,
};

use crate::support::{TOKEN_AUTHORIZER, ask, host, small_limits};

const WRONG_WORLD: &[u8] = include_bytes!("../../../../plugins/prebuilt/wrong_world.wasm");
const FOREIGN_IMPORT: &[u8] = include_bytes!("../../../../plugins/prebuilt/foreign_import.wasm");
const BAD_START: &[u8] = include_bytes!("../../../../plugins/prebuilt/bad_start.wasm");
const OTHER_CONTRACT: &[u8] = include_bytes!("../../../../plugins/prebuilt/other_contract.wasm");

fn load(bytes: &[u8], limits: PluginLimits) -> Result<(), LoadError> {
    host().load("p", bytes, PluginSettings { limits, ..PluginSettings::default() }).map(drop)
}

fn refusal(bytes: &[u8]) -> String {
    load(bytes, small_limits()).unwrap_err().to_string()
}

#[test]
fn what_is_not_a_component() {
    assert_eq!(
        refusal(b""),
        "not WebAssembly: the file begins with nothing (it is empty), expected `\\0asm`"
    );
    assert_eq!(refusal(b"#!/bin/sh"), "not WebAssembly: the file begins with `#!/b`, expected `\\0asm`");
    assert_eq!(
        refusal(b"\0asm\x01\0\0\0"),
        "a core WebAssembly module, expected a component: link it with wasm-component-ld, or wrap it with \
         `wasm-tools component new`"
    );
    let truncated = &TOKEN_AUTHORIZER[..TOKEN_AUTHORIZER.len() / 2];
    assert!(refusal(truncated).starts_with("the component does not compile: "), "{}", refusal(truncated));
    let garbage = [b"\0asm\x0d\0\x01\0".as_slice(), &[0xff; 64]].concat();
    assert!(refusal(&garbage).starts_with("the component does not compile: "));
}

#[test]
fn a_component_of_another_world() {
    assert_eq!(
        refusal(WRONG_WORLD),
        "exports greet, expected one of edgewit:plugin/authorize@0.1.0, rewrite, inspect, handle, or \
         wasi:http/incoming-handler@0.2"
    );
    let empty_component = b"\0asm\x0d\0\x01\0";
    assert_eq!(
        refusal(empty_component),
        "exports nothing, expected one of edgewit:plugin/authorize@0.1.0, rewrite, inspect, handle, or \
         wasi:http/incoming-handler@0.2"
    );
}

#[test]
fn a_component_of_another_contract() {
    let refusal = refusal(OTHER_CONTRACT);
    assert!(refusal.starts_with("does not fit edgewit:plugin@0.1: "), "{refusal}");
    assert!(refusal.contains("authorize"), "{refusal}");
}

#[test]
fn imports_that_no_plugin_gets() {
    assert_eq!(
        refusal(FOREIGN_IMPORT),
        "imports example:foreign/clock@1.0.0, example:foreign/vault@1.0.0, which are not granted; expected only \
         edgewit:plugin@0.1, and of WASI 0.2 cli, clocks, config, filesystem, http, io, keyvalue, logging, random and \
         sockets"
    );
}

#[test]
fn the_size_of_a_component() {
    let limits = PluginLimits { component_bytes: TOKEN_AUTHORIZER.len(), ..small_limits() };
    assert_eq!(load(TOKEN_AUTHORIZER, limits), Ok(()));
    let limits = PluginLimits { component_bytes: TOKEN_AUTHORIZER.len() - 1, ..limits };
    assert_eq!(
        load(TOKEN_AUTHORIZER, limits),
        Err(LoadError::TooLarge {
            found_bytes: TOKEN_AUTHORIZER.len(),
            limit_bytes: TOKEN_AUTHORIZER.len() - 1
        })
    );
}

#[test]
fn the_memory_a_component_starts_with() {
    let start = 2 << 20;
    assert_eq!(load(TOKEN_AUTHORIZER, PluginLimits { memory_bytes: start, ..small_limits() }), Ok(()));
    let refusal =
        load(TOKEN_AUTHORIZER, PluginLimits { memory_bytes: start - 1, ..small_limits() }).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "needs 2097152 bytes of memory (limit `memory_bytes`) to start, expected at most 2097151"
    );
}

#[test]
fn limits_the_host_cannot_grant() {
    let refusal = load(TOKEN_AUTHORIZER, PluginLimits { instances: 65, ..small_limits() }).unwrap_err();
    assert_eq!(refusal.to_string(), "limit instances: found 65, expected 1 to 64");
}

#[test]
fn a_plugin_knows_its_name_and_digest() {
    let settings = PluginSettings { limits: small_limits(), ..PluginSettings::default() };
    let plugin = host().load("tokens", TOKEN_AUTHORIZER, settings).unwrap();
    assert_eq!(plugin.name(), "tokens");
    assert_eq!(plugin.digest().len(), 64);
    assert!(plugin.digest().bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[tokio::test]
async fn a_component_that_does_not_start() {
    let started = |start: &str| -> Result<Arc<Plugin>, LoadError> {
        let limits = PluginLimits { cpu_ms: 30, ..small_limits() };
        let config = [("start".to_owned(), start.to_owned())].into();
        host().load("p", BAD_START, PluginSettings { config, limits, ..PluginSettings::default() })
    };
    assert_eq!(ask(&started("well").unwrap(), "").await, Ok(Decision::Unauthorized));
    let refusal = started("trap").unwrap_err().to_string();
    assert!(refusal.starts_with("does not start: wasm `unreachable` instruction executed, in "), "{refusal}");
    let refusal = started("spin").unwrap_err().to_string();
    assert!(refusal == "does not start: ran for 30 ms (limit `cpu_ms`)", "{refusal}");
}

#[test]
fn a_pool_larger_than_the_address_space() {
    let refusal = PluginHost::new(HostOptions { instances: 200_000, ..HostOptions::default() }).unwrap_err();
    assert!(matches!(refusal, HostError::Engine { instances: 200_000, .. }), "{refusal}");
    assert!(refusal.to_string().contains("configure fewer instances"), "{refusal}");
}
