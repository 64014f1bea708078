/** Says what SQLite finds in the file it is started with. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadDriver } from '../../../../dist/src/adapters/store/embedded/driver.js';

const db = (await loadDriver()).open(workerData, 0);
parentPort.postMessage(db.pragma('integrity_check'));
db.close();
