using CliWrap;
using CliWrap.Buffered;
using VirtHandover.Linux;

namespace VirtHandover.Libvirt;

/// <summary>Starts a daemon from its recipe.</summary>
internal static class DaemonStart
{
    internal static async Task RunAsync(DaemonRecipe recipe, IReadOnlyList<InheritedDescriptor> descriptors, CancellationToken cancellationToken)
    {
        if (recipe.Units.Count > 0)
        {
            // Somebody may have tried to start it meanwhile and run into the lock: forget those failures.
            _ = await SystemctlAsync(["reset-failed", .. recipe.Units], cancellationToken).ConfigureAwait(false);
            var result = await SystemctlAsync(["start", .. recipe.Units.Reverse()], cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0)
                throw new LibvirtException(0, $"systemctl could not start {recipe.Units[0]}: {result.StandardError.Trim()}");
            return;
        }

        try
        {
            using var process = ProcessSpawner.Spawn(recipe.Program, recipe.Arguments, recipe.Environment, descriptors);
        }
        catch (LinuxException exception)
        {
            throw new LibvirtException(0, $"The libvirt daemon could not be started: {exception.Message}");
        }
    }

    internal static Task<BufferedCommandResult> SystemctlAsync(IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        Cli.Wrap("systemctl").WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
}
