using CliWrap;
using CliWrap.Buffered;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>Runs programs of the host under test. Output is kept, so that a failure tells what the program said.</summary>
internal static class Shell
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program to its end, whatever its exit code.</summary>
    public static async Task<ShellResult> TryRun(string program, params string[] arguments)
    {
        // Here every handover that a test asks for goes through: all of them are looked at before and after (HostViews).
        var asks = program == "virt-handover" && arguments is ["run" or "approve", ..];
        if (asks)
            await HostViews.RememberAll();
        var result = await TryRunAlone(program, arguments);
        if (asks && arguments is ["run", var domain, ..] && result.ExitCode == 0)
            await HostViews.Check(domain);
        return result;
    }

    private static async Task<ShellResult> TryRunAlone(string program, string[] arguments)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var (start, words) = Reach.Command(program, arguments, false);
            var result = await Cli.Wrap(start).WithArguments(words).WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(limit.Token);
            return new ShellResult(result.ExitCode, result.StandardOutput, result.StandardError);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"'{Text(program, arguments)}' did not end within {Limit.TotalSeconds} s and was killed.");
        }
    }

    /// <summary>Runs a program that must succeed, and returns what it printed, without the last newline.</summary>
    public static async Task<string> Run(string program, params string[] arguments)
    {
        var result = await TryRun(program, arguments);
        Assert.True(result.ExitCode == 0, $"'{Text(program, arguments)}' ended with {result.ExitCode}:\n{result.Output}{result.Error}");
        return result.Output.TrimEnd('\n');
    }

    private static string Text(string program, string[] arguments) => string.Join(' ', [program, .. arguments]);
}
