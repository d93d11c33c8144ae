using System.Diagnostics;
using System.Globalization;
using VirtHandover.Foreign;

namespace VirtHandover.Linux;

/// <summary>
/// systemd-machined, by busctl(1) and with a limit on every question. What it must never be left with is a machine whose leader has
/// ended: with its next restart (each update of systemd does one) it would stop the machine's scope, and whatever runs in it. Unregistering
/// ends nothing (seen with systemd 252, 257 and 262).
/// </summary>
internal static class SystemdMachined
{
    private const string Service = "org.freedesktop.machine1";
    private const string Manager = "/org/freedesktop/machine1";
    private const string ManagerInterface = "org.freedesktop.machine1.Manager";

    /// <summary>One entry a machine. Nothing there: machined knows none, and is not even asked, since that would start it.</summary>
    private const string Machines = "/run/systemd/machines";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks for a VM's machine: the one whose leader is its process, or that has its UUID.</summary>
    /// <param name="process">The VM's QEMU.</param>
    /// <param name="domain">The VM's UUID.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>
    /// The machine; null when machined is not there or has none of this VM, which is then left alone. Or, as a sentence, why machined
    /// could not be asked.
    /// </returns>
    internal static async Task<(MachineRegistration? Machine, string? Problem)> FindAsync(int process, Guid domain, CancellationToken cancellationToken)
    {
        if (!KnowsAny())
            return (null, null);
        var found = await CallAsync(Manager, ManagerInterface, "GetMachineByPID", ["u", Number(process)], cancellationToken).ConfigureAwait(false);
        if (found.Failure.Contains("does not belong to any known machine", StringComparison.Ordinal))
            return (null, null);
        var (machine, problem) = await ReadAsync(found, cancellationToken).ConfigureAwait(false);
        return machine is null || machine.Leader == process || machine.Id.SequenceEqual(domain.ToByteArray(bigEndian: true)) ? (machine, problem) : (null, null);
    }

    /// <summary>
    /// Whether machined would unregister and register machines for this process, found out by asking for what cannot be done: a machine that it does
    /// not know, a name that is none. A bus or a machined that refuses, refuses before it looks at that.
    /// </summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Null when it would; else a sentence.</returns>
    internal static async Task<string?> RefusalAsync(CancellationToken cancellationToken)
    {
        var unregistering = ManageAsync("UnregisterMachine", ["s", "virt-handover-asks"], cancellationToken);
        var registering = ManageAsync("RegisterMachineWithNetwork", ["sayssusai", "/", "0", "", "vm", "0", "", "0"], cancellationToken);
        var (_, unregister) = await unregistering.ConfigureAwait(false);
        var (_, register) = await registering.ConfigureAwait(false);
        return IsUnknown(unregister) ? register.Contains("Invalid machine name", StringComparison.Ordinal) ? null : Sentence(register) : Sentence(unregister);
    }

    /// <summary>Unregisters a machine. Its processes and its scope go on.</summary>
    /// <param name="name">The machine.</param>
    /// <returns>Null when machined has no such machine any more; else a sentence.</returns>
    internal static async Task<string?> UnregisterAsync(string name)
    {
        var (output, failure) = await ManageAsync("UnregisterMachine", ["s", name], default).ConfigureAwait(false);
        return output is not null || IsUnknown(failure) ? null : Sentence(failure);
    }

    /// <summary>Registers a process as a machine. A machine of that name that has another leader is unregistered first.</summary>
    /// <param name="machine">What it was.</param>
    /// <param name="leader">The process; it must be in the machine's scope.</param>
    /// <returns>Null when that process is the machine's leader; else a sentence.</returns>
    internal static async Task<string?> RegisterAsync(MachineRegistration machine, int leader)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var (output, failure) = await ManageAsync("RegisterMachineWithNetwork", machine.Arguments(leader), default).ConfigureAwait(false);
            if (output is not null)
                return null;
            // One that was just unregistered may be known for another moment.
            if (!failure.Contains("already exists", StringComparison.Ordinal) || Stopwatch.GetElapsedTime(since) > Limit)
                return Sentence(failure);
            var (there, _) = await NamedAsync(machine.Name).ConfigureAwait(false);
            if (there?.Leader == leader)
                return null;
            if (there is not null && await UnregisterAsync(machine.Name).ConfigureAwait(false) is { } problem)
                return problem;
            await Task.Delay(Look).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the machine of a name.</summary>
    /// <param name="name">The machine.</param>
    /// <returns>It; null without a problem when there is none.</returns>
    internal static async Task<(MachineRegistration? Machine, string? Problem)> NamedAsync(string name)
    {
        var found = await ManageAsync("GetMachine", ["s", name], default).ConfigureAwait(false);
        return IsUnknown(found.Failure) ? (null, null) : await ReadAsync(found, default).ConfigureAwait(false);
    }

    private static async Task<(MachineRegistration? Machine, string? Problem)> ReadAsync((string? Output, string Failure) found, CancellationToken cancellationToken)
    {
        if (found.Output is null)
            return (null, Sentence(found.Failure));
        if (PathIn(found.Output) is not { } path)
            return (null, "systemd-machined named a machine in a form that is not known here.");
        var (output, failure) = await CallAsync(path, "org.freedesktop.DBus.Properties", "GetAll", ["s", "org.freedesktop.machine1.Machine"], cancellationToken).ConfigureAwait(false);
        if (output is null)
            return (null, IsGone(failure) ? null : Sentence(failure));
        return MachineRegistration.Parse(output) is { } machine ? (machine, null) : (null, "systemd-machined described a machine in a form that is not known here.");
    }

    private static bool KnowsAny()
    {
        try
        {
            return Directory.Exists(Machines) && Directory.EnumerateFileSystemEntries(Machines).Any();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true; // it shall say so itself
        }
    }

    /// <summary>The machine's object: <c>{"type":"o","data":["/org/freedesktop/machine1/machine/qemu_2d1_2da"]}</c>; null when it is another answer.</summary>
    internal static string? PathIn(string json) =>
        ForeignJson.TryRead(json, BusctlJson.Default.BusctlTexts)?.Data is [{ } path, ..] && path.StartsWith(Manager + "/machine/", StringComparison.Ordinal)
            ? path
            : null;

    private static bool IsUnknown(string failure) => failure.Contains("No machine '", StringComparison.Ordinal);

    private static bool IsGone(string failure) => failure.Contains("Unknown object '", StringComparison.Ordinal);

    private static string Sentence(string failure) => $"systemd-machined could not be asked: busctl {failure.TrimEnd('.')}.";

    private static Task<(string? Output, string Failure)> ManageAsync(string method, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        CallAsync(Manager, ManagerInterface, method, arguments, cancellationToken);

    // "--": an argument may be empty or begin with a dash.
    private static Task<(string? Output, string Failure)> CallAsync(
        string path, string face, string method, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        BoundedProgram.AskAsync(
            "busctl",
            ["--system", "--json=short", "--allow-interactive-authorization=no", "call", "--", Service, path, face, method, .. arguments],
            Limit,
            cancellationToken);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
