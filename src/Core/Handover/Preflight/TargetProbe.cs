using System.Globalization;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>
/// Asks a QEMU binary for its version and machine types. The answer is kept beside the logical command lines under /run, so that
/// a handover does not pay for what the queue has asked already.
/// </summary>
internal static partial class TargetProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Where answers are kept.</summary>
    private const string Directory = "/run/virt-handover/emulators";

    /// <summary>Reads the binary's facts. One that cannot be started is told in <see cref="TargetFacts.Problem"/>.</summary>
    internal static async Task<TargetFacts> ReadAsync(string program, CancellationToken cancellationToken)
    {
        if (FileIdentity.Of(program) is not { IsRegular: true, IsExecutable: true } file)
            return Unusable(program, $"{program} is missing or cannot be executed.");
        var kept = Path.Combine(Directory, string.Create(
            CultureInfo.InvariantCulture, $"{file.Device.Major}-{file.Device.Minor}-{file.Inode}-{file.ModifiedNanoseconds}-{file.ChangedNanoseconds}"));
        if (TryRead(kept) is { } text && Parse(program, text) is { Problem: null } known)
            return known;
        try
        {
            var version = await AskAsync(program, "--version", cancellationToken).ConfigureAwait(false);
            var machines = await AskAsync(program, "-machine help", cancellationToken).ConfigureAwait(false);
            text = version + "\n" + machines;
        }
        catch (Exception exception) when (exception is CliWrap.Exceptions.CliWrapException or InvalidOperationException or OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Unusable(program, $"{program} does not run: {exception.Message.Split('\n')[0].Trim()}");
        }

        var facts = Parse(program, text);
        if (facts.Problem is null)
            TryKeep(kept, text);
        return facts;
    }

    /// <summary>Understands what <c>--version</c> and <c>-machine help</c> print.</summary>
    internal static TargetFacts Parse(string program, string text)
    {
        if (VersionLine().Match(text) is not { Success: true } version || !Version.TryParse(version.Groups[1].Value, out var number))
            return Unusable(program, $"{program} does not print a QEMU version.");
        var machines = MachineLine().Matches(text)
            .Select(line => new MachineType(
                line.Groups["name"].Value,
                line.Groups["alias"] is { Success: true } alias ? alias.Value : null,
                line.Value.Contains("(deprecated", StringComparison.Ordinal),
                DefaultRamId: null))
            .ToList();
        return new TargetFacts(program, number, machines.SelectMany(WithAlias).ToList());
    }

    // "pc  Standard PC (alias of pc-i440fx-10.0)": the alias is the first word, the machine is what it stands for.
    private static IEnumerable<MachineType> WithAlias(MachineType machine) =>
        machine.Alias is { } real ? [machine, machine with { Name = real, Alias = machine.Name }] : [machine];

    private static async Task<string> AskAsync(string program, string argument, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var result = await Cli.Wrap(program).WithArguments(argument.Split(' ')).ExecuteBufferedAsync(limit.Token).ConfigureAwait(false);
        return result.StandardOutput;
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void TryKeep(string path, string text)
    {
        try
        {
            _ = System.IO.Directory.CreateDirectory(Directory);
            File.WriteAllText(path + ".new", text);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Asked again next time; only slower.
        }
    }

    private static TargetFacts Unusable(string program, string problem) => new(program, new Version(0, 0), [], problem);

    [GeneratedRegex(@"^QEMU emulator version (\d+\.\d+(?:\.\d+)?)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"^(?<name>[A-Za-z0-9][A-Za-z0-9._-]*) {2,}.*?(?:\(alias of (?<alias>[^)]+)\))?.*$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex MachineLine();
}
