using VirtHandover.Service;

return await Roles.RunAsync(args).ConfigureAwait(false);
