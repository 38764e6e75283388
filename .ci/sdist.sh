# Whether the source distribution holds every file of the project, and no file that a build makes.
. "$(dirname "$0")/common.sh"

archive=$(sdist)
made='PKG-INFO|setup\.cfg|.*\.egg-info/.*'
tar -tzf "$archive" | sed 's|^[^/]*/||' | grep -v '/$' | grep -vxE "($made)?" | sort >"$WORK/in-sdist.txt"
if ! diff "$WORK/in-tree.txt" "$WORK/in-sdist.txt"; then
    echo "(<: missing in the sdist, >: only in the sdist; see MANIFEST.in)"
    exit 1
fi
echo "$(wc -l <"$WORK/in-sdist.txt") files, $(stat -c %s "$archive") bytes"
