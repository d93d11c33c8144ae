using System.Diagnostics;
using System.Globalization;
using VirtHandover.Linux;

namespace VirtHandover.Libvirt;

/// <summary>Starts a daemon from its recipe.</summary>
internal static class DaemonStart
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    // Twice what systemd itself gives a unit to start or stop (DefaultTimeoutStartSec=): then it hangs, as it does without an answer of systemd's.
    private static readonly TimeSpan SystemctlLimit = TimeSpan.FromMinutes(3);

    internal static Task RunAsync(DaemonRecipe recipe, IReadOnlyList<InheritedDescriptor> descriptors, LibvirtPaths paths, CancellationToken cancellationToken) =>
        recipe.Units.Count > 0 ? RunUnitsAsync(recipe.Units, cancellationToken) : RunProgramAsync(recipe, descriptors, paths, cancellationToken);

    /// <summary>Has systemd start units.</summary>
    /// <param name="units">The service first.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="LibvirtException">It does not start them.</exception>
    internal static async Task RunUnitsAsync(IReadOnlyList<string> units, CancellationToken cancellationToken)
    {
        // Somebody may have tried to start it meanwhile and run into the lock: forget those failures.
        _ = await SystemctlAsync(["reset-failed", .. units], cancellationToken).ConfigureAwait(false);
        var result = await SystemctlAsync(["start", .. units.Reverse()], cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new LibvirtException(0, $"systemctl could not start {units[0]}: {result.Errors}");
    }

    private static async Task RunProgramAsync(
        DaemonRecipe recipe, IReadOnlyList<InheritedDescriptor> descriptors, LibvirtPaths paths, CancellationToken cancellationToken)
    {
        try
        {
            using var process = ProcessSpawner.Spawn(recipe.Program, recipe.Arguments, recipe.Environment, descriptors);
            await WaitForLifeAsync(recipe.Program, process, paths, cancellationToken).ConfigureAwait(false);
        }
        catch (LinuxException exception)
        {
            throw new LibvirtException(0, $"The libvirt daemon could not be started: {exception.Message}");
        }
    }

    // Either it goes into the background by itself and its first process ends well, or it takes the lock that every daemon takes.
    private static async Task WaitForLifeAsync(string program, ProcessHandle process, LibvirtPaths paths, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (!process.HasExited)
        {
            if (FileLock.Holder(paths.DriverPidFile) is not null || watch.Elapsed > StartLimit)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(1), cancellationToken).ConfigureAwait(false);
        }

        if (ProcessSpawner.Reap(process) is { } code and not 0)
            throw new LibvirtException(0, string.Create(CultureInfo.InvariantCulture, $"{program} ended at once with exit code {code}."));
    }

    /// <summary>Asks systemd for something.</summary>
    /// <param name="arguments">What.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LibvirtException">systemctl does not run, or does not end.</exception>
    internal static async Task<(int ExitCode, string Output, string Errors)> SystemctlAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var end = await new BoundedProgram("systemctl", arguments, SystemctlLimit).RunAsync(cancellationToken).ConfigureAwait(false);
        return end.ExitCode is { } code
            ? (code, end.Output, end.Errors.Trim())
            : throw new LibvirtException(0, $"'systemctl {arguments[0]}' {end.Failure}.");
    }
}
