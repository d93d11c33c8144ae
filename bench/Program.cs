return await VirtHandover.Bench.Commands.Run(args);
