using VirtHandover.Tui;

return await Startup.RunAsync(args);
