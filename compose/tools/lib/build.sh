# shellcheck shell=bash
# The images of the applications: what each is made of, whether an image of that is here already, and building it. Sourced after
# common.sh and stack.sh, never run.
#
# What an image was built of is recorded by image id, in ~/.local/state/rollcall/built. So a record holds for every tag and every
# checkout, and for no image that was made by something else, be it under the same name.
#
# NAME is web-node, lb-renderer, or trial: web-node with the routes of trials (web-node's TrialNode).

readonly BUILT=$STATE/built
readonly RECORDS=20       # of each image; the oldest go
readonly BUILD_ATTEMPTS=3 # while sources change under the compiler

# image_of NAME [TAG]
image_of() {
  local tag=${2:-$(setting ROLLCALL_TAG latest)}
  if [ "$1" = trial ]; then echo "rollcall/web-node:$tag-trial"; else echo "rollcall/$1:$tag"; fi
}

# id_of IMAGE — empty if there is none.
id_of() { docker image inspect -f '{{.Id}}' "$1" 2>/dev/null || true; }

# module_of NAME
module_of() { if [ "$1" = trial ]; then echo web-node; else echo "$1"; fi; }

# --- What an image is made of

# sources_of NAME… — what decides the classes: a line each for the files of these modules and of discovery-core that go in, and for
# the JDK, with hash and name. Neither times nor paths outside the tree count.
sources_of() {
  local name javac paths=(pom.xml discovery-core/pom.xml discovery-core/src/main)
  for name in "$@"; do
    name=$(module_of "$name")
    [ "$name" = discovery-core ] || paths+=("$name/pom.xml" "$name/src/main")
  done
  case " $* " in *' trial '*) paths+=(discovery-core/src/test discovery-core/test-support/src/main web-node/src/test) ;; esac
  [ ! -d "$ROOT/.mvn" ] || paths+=(.mvn)
  (cd "$ROOT" && find "${paths[@]}" ! -type d -print0 | sort -zu | xargs -0 sha256sum)
  javac=$(readlink -f "$(command -v "${JAVA_HOME:+$JAVA_HOME/bin/}javac")")
  # The same path may have another JDK after an upgrade.
  echo "$({ cat "${javac%/bin/javac}/release" 2>/dev/null || echo "$javac"; } | sha256sum | cut -d ' ' -f 1)  the JDK"
}

# inputs_of NAME ARCHIVE — what decides the image: the sources, the Java runtime below, and with ARCHIVE what makes the archive.
inputs_of() {
  sources_of "$1"
  echo "$(docker image inspect -f '{{.Id}}' "$JRE_IMAGE")  the image of the Java runtime"
  [ -z "$2" ] || echo "$(cat "$TOOLS/archive" "$TOOLS/images.d/start.sh" | sha256sum | cut -d ' ' -f 1)  what makes archives of classes"
}

# --- Records

# record_of NAME INPUTS — the file that has the image's id, then the inputs.
record_of() { echo "$BUILT/$1/$(sha256sum <<<"$2" | cut -c 1-32)"; }

# built_of NAME INPUTS — the id of the image that was built of these; empty if none was.
built_of() { head -n 1 "$(record_of "$1" "$2")" 2>/dev/null || true; }

# note_built NAME INPUTS ID
note_built() {
  local record
  record=$(record_of "$1" "$2")
  mkdir -p "$BUILT/$1"
  printf '%s\n' "$3" "$2" >"$record.$$"
  mv -f "$record.$$" "$record"
  # shellcheck disable=SC2012 # the names are our own
  ls -t "$BUILT/$1" | tail -n +$((RECORDS + 1)) | (cd "$BUILT/$1" && xargs -r rm -f)
}

# reason NAME ID INPUTS — why the image with that id, which has the tag, is not the one of these inputs.
reason() {
  local record changed
  [ -n "$2" ] || { echo "there was no such image"; return; }
  # shellcheck disable=SC2012 # the names are our own
  record=$(cd "$BUILT/$1" 2>/dev/null && ls -t | xargs -r grep -lxF -- "$2" | head -n 1) || true
  [ -n "$record" ] || { echo "what has that name was not built by this command"; return; }
  changed=$(diff <(tail -n +2 "$BUILT/$1/$record") - <<<"$3" | sed -n 's/^[<>] [^ ]*  *//p' | sort -u)
  case $(grep -c . <<<"$changed") in
    0) echo "its record is not complete" ;;
    1) echo "$changed changed" ;;
    *) echo "$(head -n 1 <<<"$changed") and $(($(grep -c . <<<"$changed") - 1)) more changed" ;;
  esac
}

# --- Building

# build_images ARCHIVE NAME… — each image of what is here now has its tag, with ARCHIVE `yes` with an archive of its classes. Only
# what no image in the engine is made of is built; says what is done, and why.
build_images() {
  local archive=$1 name image id inputs plain compiled=() archived=()
  shift
  for name in "$@"; do
    image=$(image_of "$name") inputs=$(inputs_of "$name" "$archive")
    plain=${archive:+${inputs%$'\n'*}} id=$(id_of "$image")
    if [ -n "$id" ] && [ "$id" = "$(built_of "$name" "$inputs")" ]; then
      say "  $image: unchanged since $(date -r "$(record_of "$name" "$inputs")" '+%F %H:%M')"
    elif tag_again "$name" "$inputs"; then
      say "  $image: $(reason "$name" "$id" "$inputs"); an image of what is here now was there, and has its name again"
    elif [ -n "$plain" ] && tag_again "$name" "$plain"; then
      say "  $image: $(reason "$name" "$id" "$inputs"); is built, and gets an archive of its classes"
      archived+=("$name")
    else
      say "  $image: $(reason "$name" "$id" "$inputs"); is built"
      compiled+=("$name")
      [ -z "$archive" ] || archived+=("$name")
    fi
  done
  [ ${#compiled[@]} -eq 0 ] || step "build $(words_of_images "${compiled[@]}")" compile_images "${compiled[@]}"
  [ ${#archived[@]} -eq 0 ] || add_archives "${archived[@]}"
  [ $((${#compiled[@]} + ${#archived[@]})) -eq 0 ] || try "drop the images that these replace" drop_replaced_images
}

words_of_images() { printf '%s\n' "$@" | sed 's/^trial$/web-node for trials/' | paste -sd, | sed 's/,/ and /'; }

# tag_again NAME INPUTS — gives the tag to an image of these inputs that is in the engine; fails if none is.
tag_again() {
  local id
  id=$(built_of "$1" "$2")
  [ -n "$id" ] && docker tag "$id" "$(image_of "$1")" 2>/dev/null
}

# add_archives NAME… — what starts faster is good to have, and no more. An archive is recorded if it was made of the image that was
# built of what is here now.
add_archives() {
  local name inputs recipe made_of
  try "archive of the classes of $(words_of_images "$@")" "$TOOLS/archive" "$@"
  for name in "$@"; do
    inputs=$(inputs_of "$name" yes) made_of=$(label_of "$(image_of "$name")" dev.rollcall.archive-of)
    recipe=${inputs##*$'\n'}
    if [ -z "$made_of" ]; then
      warn "  $(image_of "$name") has no archive of its classes and starts more slowly; compose/tools/archive $name says why"
    elif [ "$made_of" = "$(built_of "$name" "${inputs%$'\n'*}")-${recipe:0:16}" ]; then
      note_built "$name" "$inputs" "$(id_of "$(image_of "$name")")"
    fi
  done
}

# compile_images NAME… — a step. Maven makes the images under a tag that is this tree's own. They are recorded and get their real tag when it
# is certain that nothing they are made of has changed meanwhile.
compile_images() {
  local tag name attempt images=()
  local -A inputs
  tag=building-$(sha256sum <<<"$ROOT" | cut -c 1-12)
  # shellcheck disable=SC2064 # the tag of now
  trap "docker image rm $(for name in "$@"; do image_of "$name" "$tag"; done | paste -sd' ') 2>/dev/null || true" EXIT
  for name in "$@"; do [ "$name" = trial ] || images+=("$name"); done
  for ((attempt = 1; attempt <= BUILD_ATTEMPTS; attempt++)); do
    for name in "$@"; do inputs[$name]=$(inputs_of "$name" ''); done
    [ ${#images[@]} -eq 0 ] || run_maven "${images[*]}" package jib:dockerBuild -Dmaven.test.skip=true "-Dimage.jre=docker://$JRE_IMAGE" "-Dimage.tag=$tag"
    case " $* " in
      *' trial '*) run_maven trial package jib:dockerBuild@trial-image -DskipTests "-Dimage.jre=docker://$JRE_IMAGE" "-Dimage.tag=$tag" ;;
    esac
    for name in "$@"; do
      if [ "${inputs[$name]}" != "$(inputs_of "$name" '')" ]; then
        echo "--- what $name is made of changed while it was built, attempt $attempt of $BUILD_ATTEMPTS"
        continue 2
      fi
    done
    for name in "$@"; do
      note_built "$name" "${inputs[$name]}" "$(id_of "$(image_of "$name" "$tag")")"
      docker tag "$(image_of "$name" "$tag")" "$(image_of "$name")"
    done
    return
  done
  echo "what the images are made of changed during each of $BUILD_ATTEMPTS builds; no image was given its tag. Run this again when the sources are at rest"
  return 1
}

# run_maven NAMES GOAL… — on these modules and discovery-core, without what the images do not need: packages for VMs, Javadoc, bills
# of materials. One build of a tree goes on at a time.
run_maven() {
  local modules name before
  modules=$(for name in $1; do module_of "$name"; done | paste -sd,)
  exec 8<"$ROOT/pom.xml"
  flock -w "$LOCK_WAIT" 8 || { echo "another build of $ROOT still goes on after $LOCK_WAIT s"; return 1; }
  for name in discovery-core ${modules//,/ }; do forget_other_classes "$name"; done
  # Of the tests' classes nothing is known.
  [ "$1" != trial ] || rm -rf "$ROOT"/{discovery-core,web-node}/target/test-classes
  # shellcheck disable=SC2086 # one word a name
  before=$(sources_of $1)
  mvn -B -ntp -T 1C -f "$ROOT/pom.xml" -pl "$modules" -am "${@:2}" -Dpackages.phase=none -Dpackaging.phase=none -Dspotless.check.skip=true \
    -Dmaven.javadoc.skip=true -Dmaven.source.skip=true
  # shellcheck disable=SC2086
  if [ "$before" = "$(sources_of $1)" ]; then
    for name in discovery-core ${modules//,/ }; do state_of_classes "$name" >"$ROOT/$name/target/compiled-of"; done
  fi
  exec 8<&-
}

# Maven goes by times: a file that is older than the class of another version of it is not compiled. So classes stay only if they
# are, byte for byte, what a build here made of these sources. The jar is made of them anew.
forget_other_classes() {
  local target=$ROOT/$1/target
  [ "$(cat "$target/compiled-of" 2>/dev/null)" = "$(state_of_classes "$1")" ] \
    || rm -rf "$target/classes" "$target/maven-status/maven-compiler-plugin/compile/default-compile" "$target/compiled-of"
  rm -f "$target/$1"-[0-9]*.jar
}

state_of_classes() {
  {
    sources_of "$1"
    if [ -d "$ROOT/$1/target/classes" ]; then
      (cd "$ROOT/$1/target" && find classes -type f -print0 | sort -z | xargs -0r sha256sum)
    fi
  } | sha256sum
}
