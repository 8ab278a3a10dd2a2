#!/usr/bin/env bash
# Gives this checkout a compiler for WebAssembly guests.
#
#   .ci/wasm-toolchain.sh            nothing to do when rustup already has the wasm32-unknown-unknown target
#   .ci/wasm-toolchain.sh --debian   sets up Debian's compiler in any case: the committed components are built
#                                    with it, so only it can reproduce their bytes
#
# The Debian way exists for machines whose rustup cannot fetch the target. Debian packages a newer rustc
# ("rustc-web") together with the matching library source; they are unpacked below .cache and not installed, so
# neither rustup nor the system is touched. The standard library is then compiled once for wasm. Takes about a
# minute, 140 MB of download and 550 MB of disk. Prints the folder of the toolchain as its last line.
#
# Exit codes: 0 ready, 2 usage, 3 this machine lacks something (the message says what).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
toolchain=${EDGEWIT_WASM_TOOLCHAIN:-$root/.cache/wasm-toolchain}
target=wasm32-unknown-unknown

say() { printf 'wasm-toolchain: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 3
}

case "${1:-}" in
'')
    if [[ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]]; then
        say "rustup has $target; nothing to set up"
        exit 0
    fi
    say "rustup has no $target ('rustup target add $target' would add it); using Debian's compiler instead"
    ;;
--debian) ;;
*)
    say "unknown argument '$1', expected nothing or --debian"
    exit 2
    ;;
esac

for tool in apt-get apt-cache dpkg-deb cargo rustc; do
    command -v "$tool" >/dev/null || fail "$tool is not here; on this system use 'rustup target add $target'"
done

# The linkers come with the stable toolchain: rust-lld does the linking, wasm-component-ld wraps the result.
linkers=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
[[ -x $linkers/wasm-component-ld ]] || fail "no wasm-component-ld in $linkers; it comes with rustup's stable toolchain"

# Goes up when what is below builds other bytes out of the same packages.
recipe=2

candidate() { apt-cache policy rustc-web | sed -n 's/^ *Candidate: //p' | grep -v '(none)' || true; }
# The guests say what they need; package lists that are months old offer an older compiler.
needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/plugins/Cargo.toml")
recent() { [[ -n $1 && $(printf '%s\n' "$needed" "${1%%+*}" | sort -V | head -n 1) == "$needed" ]]; }
version=$(candidate)
if ! recent "$version"; then
    say "reading the package lists anew: they offer rustc-web ${version:-not at all}, and the guests need $needed"
    if [[ $(id -u) -eq 0 ]]; then apt-get update -qq; else sudo apt-get update -qq; fi ||
        fail "the package lists could not be read; the lines above say why"
    version=$(candidate)
fi
recent "$version" || fail "Debian's package lists offer rustc-web ${version:-not at all}, expected $needed or later; \
bookworm's security updates have it, so see that they are among the sources of apt"

if [[ $(cat "$toolchain/VERSION" 2>/dev/null) == "$version" && $(cat "$toolchain/RECIPE" 2>/dev/null) == "$recipe" ]]; then
    ln -sfn "$linkers" "$toolchain/linkers" # the rustup toolchain may have moved since
    say "Debian's rustc $version is set up already"
    echo "$toolchain"
    exit 0
fi

upstream=${version%%+*} # 1.96.0+dfsg1-1 -> 1.96.0
minor=${upstream%.*}    # 1.96.0 -> 1.96
mkdir -p "$(dirname "$toolchain")"
work=$(mktemp -d "$(dirname "$toolchain")/wasm-toolchain.XXXXXX")
trap 'rm -rf "$work"' EXIT

llvm=$(apt-cache depends "libstd-rust-web-$minor=$version" | sed -n 's/.*Depends: \(libllvm[0-9]*\).*/\1/p' | head -n 1)
[[ -n $llvm ]] || fail "libstd-rust-web-$minor names no libllvm among its dependencies"
say "downloading rustc $version, its library source and $llvm (about 140 MB)"
mkdir "$work/packages" "$work/root"
# The sandbox user of apt could not write here, and says so on every download.
(cd "$work/packages" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "rustc-web=$version" "libstd-rust-web-$minor=$version" \
    "libstd-rust-web-dev=$version" "rust-web-src=$version" "$llvm")

say "unpacking"
for package in "$work"/packages/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work/root" --exclude=./usr/share \
        --exclude="./usr/src/rustc-$upstream/compiler" --exclude="./usr/src/rustc-$upstream/src"
done
rm -rf "$work/packages"

cat >"$work/rustc" <<'WRAPPER'
#!/bin/sh
# Runs the unpacked compiler with the libraries it was unpacked with.
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here/root/usr/lib/x86_64-linux-gnu" exec "$here/root/usr/bin/rustc" "$@"
WRAPPER
chmod +x "$work/rustc"
"$work/rustc" -V >&2 || fail "the unpacked compiler does not start; the line above says why"

say "compiling the standard library for $target, once (about a minute)"
mkdir -p "$work/std/src"
echo '#![no_std]' >"$work/std/src/lib.rs"
cat >"$work/std/Cargo.toml" <<'MANIFEST'
[package]
name = "std-for-wasm"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
opt-level = 3
codegen-units = 1
debug = 0
panic = "abort"
MANIFEST
library=$work/root/usr/lib/rustlib/$target/lib
rm -rf "$library"
mkdir -p "$library"
# Paths are mapped away so that two machines build the same bytes. A registry has a folder of its own, with its name and
# a number in it, which is there once anything was fetched from it.
(cd "$(dirname "${BASH_SOURCE[0]}")/../plugins" && cargo fetch --locked --quiet >&2)
registries=
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do
    registries+=" --remap-path-prefix=${registry%/}=/crates"
done
# RUSTC_BOOTSTRAP is for building std alone;
# guests are then compiled without it.
(cd "$work/std" && RUSTC="$work/rustc" RUSTC_BOOTSTRAP=1 \
    RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=/crates$registries --remap-path-prefix=$work/root/usr/lib/rustlib/src/rust=/rust" \
    cargo build --quiet --release --target "$target" -Zbuild-std=std,panic_abort --target-dir "$work/std/target" >&2)
find "$work/std/target/$target/release/deps" -name '*.rlib' ! -name 'libstd_for_wasm-*' -exec cp {} "$library/" \;
rm -rf "$work/std"

ln -sfn "$linkers" "$work/linkers"
echo "$recipe" >"$work/RECIPE"
echo "$version" >"$work/VERSION"
rm -rf "$toolchain"
mv "$work" "$toolchain"
trap - EXIT
say "ready: rustc $version for $target"
echo "$toolchain"
