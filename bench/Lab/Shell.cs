using CliWrap;
using CliWrap.Buffered;

namespace VirtHandover.Bench.Lab;

/// <summary>Runs programs of the lab.</summary>
internal static class Shell
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program to its end, whatever its exit code.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> TryRun(string program, IEnumerable<string> arguments, TimeSpan? limit = null)
    {
        using var deadline = new CancellationTokenSource(limit ?? DefaultLimit);
        try
        {
            var result = await Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(deadline.Token);
            return (result.ExitCode, result.StandardOutput, result.StandardError);
        }
        catch (OperationCanceledException)
        {
            throw new BenchException($"'{program} {string.Join(' ', arguments)}' did not end within {(limit ?? DefaultLimit).TotalSeconds:0} s and was killed.");
        }
    }

    /// <summary>Runs a program that must succeed, and returns what it printed, without the last newline.</summary>
    public static Task<string> Run(string program, params string[] arguments) => Run(program, arguments, null);

    public static async Task<string> Run(string program, IReadOnlyList<string> arguments, TimeSpan? limit)
    {
        var (code, output, error) = await TryRun(program, arguments, limit);
        return code == 0
            ? output.TrimEnd('\n')
            : throw new BenchException($"'{program} {string.Join(' ', arguments)}' ended with {code}: {error.Trim()} {output.Trim()}".TrimEnd());
    }
}
