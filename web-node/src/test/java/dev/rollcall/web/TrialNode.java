package dev.rollcall.web;

import dev.rollcall.discovery.ServiceDefinition;

/** A web node that serves {@link Trial} too: the image that the composed system is tested with. */
public final class TrialNode {

  private TrialNode() {}

  /** Runs as {@link WebNode#main}. */
  public static void main(String[] args) {
    WebNode.run(
            System.getenv(),
            new Trial(ServiceDefinition.hostName())::addTo,
            System.out,
            System.err,
            args)
        .ifPresent(System::exit);
  }
}
