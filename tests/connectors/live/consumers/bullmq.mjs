// A BullMQ worker that hands each job to whoever started it, and ends with it.
import { createInterface } from "node:readline";
import { Worker } from "bullmq";

const [host, port, queue, lockMs] = process.argv.slice(2);
const told = createInterface({ input: process.stdin });
told.on("close", () => process.exit(0));

const worker = new Worker(
  queue,
  (job) =>
    new Promise((done) => {
      console.log(JSON.stringify({ id: job.id, data: job.data }));
      told.once("line", done);
    }),
  {
    connection: { host, port: Number(port), maxRetriesPerRequest: null },
    lockDuration: Number(lockMs),
    stalledInterval: Number(lockMs),
    maxStalledCount: 5,
  },
);
worker.on("error", (error) => console.error(error.message));
