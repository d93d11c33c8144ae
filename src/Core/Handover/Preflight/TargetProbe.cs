using System.Buffers;
using System.Collections.Concurrent;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Preflight;

/// <summary>
/// Asks the new binary for its version, machine types and options by running it. Remembers answers as long as the file is the same, and no
/// failures. A remembered binary that does not start any more shows itself in Prepare, which starts it with libvirt up and the guest running.
/// </summary>
internal static class TargetProbe
{
    private const int MostRemembered = 32;
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");
    private static readonly ConcurrentDictionary<(string Path, FileIdentity File), TargetFacts> Known = new();

    /// <summary>Asks.</summary>
    /// <param name="program">The emulator's path.</param>
    /// <param name="answers">Where other processes find the answer, and left theirs; null to keep it here only.</param>
    /// <param name="ask">Runs it with arguments: what it printed, or why it did not, the end of a sentence that begins with the program.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>What it said; a binary that does not start has a <see cref="TargetFacts.Problem"/>.</returns>
    internal static async Task<TargetFacts> AskAsync(
        string program, TargetAnswers? answers, Func<IReadOnlyList<string>, CancellationToken, Task<(string? Output, string Failure)>> ask, CancellationToken cancellationToken)
    {
        if (FileIdentity.Of(program) is not { IsRegular: true } identity)
            return Broken(program, "is missing");
        if (Known.TryGetValue((program, identity), out var known))
            return known;
        if (answers?.Find(program, identity) is var (keptVersion, keptOptions, keptMachines) && Read(program, keptVersion, keptOptions.Split(' ').ToHashSet(StringComparer.Ordinal), keptMachines) is { } kept)
            return Remember(identity, kept);
        var (version, failure) = await ask(["--version"], cancellationToken).ConfigureAwait(false);
        if (version is null)
            return Broken(program, failure);
        var (machines, otherFailure) = await ask(["-machine", "help"], cancellationToken).ConfigureAwait(false);
        if (machines is null)
            return Broken(program, otherFailure);
        var (help, lastFailure) = await ask(["-help"], cancellationToken).ConfigureAwait(false);
        if (help is null)
            return Broken(program, lastFailure);
        var options = OptionHelp.Parse(help);
        if (Read(program, version, options, machines) is not { } facts)
            return Broken(program, "does not answer as QEMU does");
        // Replaced meanwhile: the answers may be of two files, and none is known to be this one's.
        if (FileIdentity.Of(program) != identity)
            return facts;
        answers?.Keep(program, identity, version, string.Join(' ', options), machines);
        return Remember(identity, facts);
    }

    /// <summary>Reads <c>QEMU emulator version 7.2.22 (Debian …)</c>; null when it is none.</summary>
    internal static Version? ReadVersion(string text)
    {
        const string Mark = "emulator version ";
        var start = text.IndexOf(Mark, StringComparison.Ordinal);
        if (start < 0)
            return null;
        var number = text.AsSpan(start + Mark.Length);
        var end = number.IndexOfAnyExcept(NumberCharacters);
        return Version.TryParse(end < 0 ? number : number[..end], out var version) ? version : null;
    }

    private static TargetFacts? Read(string program, string version, IReadOnlySet<string> options, string machines) =>
        ReadVersion(version) is { } number && MachineHelp.Parse(machines) is { Count: > 0 } types && options.Contains("machine")
            ? new TargetFacts(program, number, types) { Options = options }
            : null;

    private static TargetFacts Remember(FileIdentity identity, TargetFacts facts)
    {
        if (Known.Count >= MostRemembered)
            Known.Clear();
        return Known[(facts.Path, identity)] = facts;
    }

    private static TargetFacts Broken(string program, string how) =>
        new(program, new Version(0, 0, 0), [], $"The QEMU on disk, {program}, {how}.");
}
