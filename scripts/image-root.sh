#!/bin/sh
# image-root.sh FOLDER FILE…   Copies programs and modules with the shared libraries they load into FOLDER, where they find each
# other as they do here; with them the records of their Debian packages, which scanners read, and the packages' licences.
set -eu
root=$1
shift
mkdir -p "$root/usr/lib" "$root/usr/lib64" "$root/var/lib/dpkg/status.d"
ln -sfn usr/lib "$root/lib"
ln -sfn usr/lib64 "$root/lib64"

# `ldd` names what a program needs, and what that needs, as: NAME => PATH (ADDRESS), and the loader as PATH (ADDRESS).
for file in "$@" $(ldd "$@" | sed -nE 's|^\s*(.* => )?(/[^ :]+) \(0x.*|\2|p' | sort -u); do
  folder=$(readlink -f "$(dirname "$file")")
  mkdir -p "$root$folder"
  # Where a library is a link, its name stays and its contents come.
  cp -Lp "$file" "$root$folder/$(basename "$file")"

  real=$(readlink -f "$file")
  package=$(dpkg -S "$real" "${real#/usr}" 2>/dev/null | sed -n '1s/:.*//p')
  [ -n "$package" ] && [ ! -e "$root/var/lib/dpkg/status.d/$package" ] || continue
  dpkg -s "$package" >"$root/var/lib/dpkg/status.d/$package"
  # Some small bases have thrown theirs away.
  licence=/usr/share/doc/$package/copyright
  [ ! -f "$licence" ] || install -D -m 644 "$licence" "$root$licence"
done
