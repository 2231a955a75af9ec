#!/usr/bin/env bash
# consul-api encodes a check's note but not the tag of a query: the tag "c++" finds nothing, without an error.
#
# Guess:   the client encodes every parameter it puts into an address.
# Happens: a tag goes out as it is. Consul reads its "+" as a blank, so the instances tagged "c++" are not found and the answer is an empty list; a tag with a
#          blank throws IllegalArgumentException before anything is sent. The note of the same client's agentCheckPass is encoded.
# Seen:    consul-api 1.4.5 (Maven com.ecwid.consul:consul-api) with Consul 1.8.7 (Debian bullseye). Source: HealthServicesRequest.
# Matters: an empty list looks like a service without instances; version tags with build metadata ("1.2.0+7") are of this kind.
#          A filter expression sent as an ordinary parameter works.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_maven com.ecwid.consul consul-api 1.4.5
start_consul
for tag in c++ plain 'two words'; do api PUT /agent/service/register '{"ID": "'"$tag"'", "Name": "web", "Tags": ["'"$tag"'"], "Check": {"TTL": "10m"}}' >/dev/null; done
cat >Tags.java <<'JAVA'
import com.ecwid.consul.v1.ConsulClient;
import com.ecwid.consul.v1.health.HealthServicesRequest;

class Tags {
  public static void main(String[] tags) {
    var consul = new ConsulClient("127.0.0.1", 24580);
    for (String tag : tags) {
      String found;
      try {
        found = consul.getHealthServices("web", HealthServicesRequest.newBuilder().setTag(tag).build()).getValue().size() + " found";
      } catch (IllegalArgumentException e) {
        found = "IllegalArgumentException";
      }
      System.out.println(tag + ": " + found);
    }
    consul.agentCheckPass("service:plain", "c++ & two words");
    System.out.println("note: " + consul.getAgentChecks().getValue().get("service:plain").getOutput());
  }
}
JAVA
java -cp 'jars/*' Tags.java plain c++ 'two words' >seen
expect "plain tag" "$(sed -n 1p seen)" "plain: 1 found"
expect "tag with plus signs" "$(sed -n 2p seen)" "c++: 0 found"
expect "tag with a blank" "$(sed -n 3p seen)" "two words: IllegalArgumentException"
expect "note" "$(sed -n 4p seen)" "note: c++ & two words"
expect "the same tag as curl encodes it" "$(curl -sG 127.0.0.1:24580/v1/health/service/web --data-urlencode tag=c++ | grep -c '"Service": "web"')" 1
