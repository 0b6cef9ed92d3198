process.stdout.write('hello ' + process.version + '\n');
