# shellcheck shell=bash
# The project's own images, by Maven and Jib. Sourced, never run.

# The engine's image as the base: its JRE_IMAGE is here, official or not.
build_images() {
  mvn -B -ntp -f "$ROOT/pom.xml" package jib:dockerBuild -DskipTests "-Dimage.jre=docker://$JRE_IMAGE" "-Dimage.tag=$(setting ROLLCALL_TAG latest)"
}

# Images that a newer build has taken the name of; no container can be made of them any more.
drop_replaced_images() {
  docker image prune -f --filter label=dev.rollcall.part
  docker image prune -f --filter label=dev.rollcall.recipe
  docker image prune -f --filter label=dev.rollcall.made-of
}
