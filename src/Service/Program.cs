using VirtHandover.Linux.Launch;
using VirtHandover.Service;

// Before all else: what becomes another program loads none of the service.
return args is [Launcher.Role, var plan, ..] ? Launcher.Run(plan) : await Roles.RunAsync(args).ConfigureAwait(false);
