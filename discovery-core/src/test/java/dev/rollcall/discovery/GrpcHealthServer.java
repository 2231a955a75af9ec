package dev.rollcall.discovery;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/**
 * A server of gRPC's health protocol for one service, whose messages are two bytes and a name.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md">gRPC on health
 *     checking</a>
 */
final class GrpcHealthServer implements AutoCloseable {

  private static final byte SERVING = 1;
  private static final byte NOT_SERVING = 2;
  private static final Marshaller<byte[]> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
          return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream message) {
          try {
            return message.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };
  private static final MethodDescriptor<byte[], byte[]> CHECK =
      MethodDescriptor.newBuilder(BYTES, BYTES)
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("grpc.health.v1.Health/Check")
          .build();

  private final String service;
  private final Server server;
  private volatile boolean serving = true;

  /**
   * Starts it.
   *
   * @param at an address without a port
   * @param service the only one that it knows of
   * @param more what else the server shall be able to do
   */
  GrpcHealthServer(String at, String service, UnaryOperator<NettyServerBuilder> more) {
    this.service = service;
    ServerServiceDefinition health =
        ServerServiceDefinition.builder("grpc.health.v1.Health")
            .addMethod(CHECK, (call, headers) -> answer(call))
            .build();
    try {
      server =
          more.apply(NettyServerBuilder.forAddress(new InetSocketAddress(at, 0)))
              .addService(health)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return server.getPort();
  }

  void serve(boolean serves) {
    serving = serves;
  }

  private ServerCall.Listener<byte[]> answer(ServerCall<byte[], byte[]> call) {
    call.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(byte[] request) {
        // Field 1, a text.
        String asked =
            request.length < 2
                ? ""
                : new String(request, 2, request.length - 2, StandardCharsets.UTF_8);
        if (!asked.equals(service)) {
          call.close(Status.NOT_FOUND, new Metadata());
          return;
        }
        call.sendHeaders(new Metadata());
        // Field 1, a number.
        call.sendMessage(new byte[] {8, serving ? SERVING : NOT_SERVING});
        call.close(Status.OK, new Metadata());
      }
    };
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
