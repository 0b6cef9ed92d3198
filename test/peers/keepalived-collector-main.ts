/** A stand-in coordinator on the address given as argument: writes each report that it takes as one line to stdout. */
import http from 'node:http';
import { text } from 'node:stream/consumers';

const server = http.createServer((request, response) => {
  void text(request).then((body) => {
    process.stdout.write(`${body}\n`);
    response.writeHead(204).end();
  });
});
server.listen(8053, process.argv[2]);
