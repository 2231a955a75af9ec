const http = require('http');
const server = http.createServer((request, response) =>
  response.end(request.url === '/health' ? 'ok\n' : 'node\n'));
server.listen(8080);
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
