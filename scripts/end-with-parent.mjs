/**
 * Loaded before a program that `npm start` runs: when its parent is gone, however that happened, the program is asked
 * to end in order, so that no server without an owner keeps the port and the folder.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// listening to the parent is no reason to stay alive
process.channel?.unref();
