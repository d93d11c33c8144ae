using System.ComponentModel;
using System.Globalization;
using System.Text;
using CliWrap;
using CliWrap.Exceptions;

namespace VirtHandover.Linux;

/// <summary>Runs a program that prints a little and ends, within a limit.</summary>
internal static class ShortTool
{
    /// <summary>Bytes of each output that are kept.</summary>
    private const int MaxOutput = 64 << 10;

    /// <summary>Runs it to its end.</summary>
    /// <param name="program">Path or name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="limit">It is killed after this.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>Its standard output, or why there is none: the end of a sentence that begins with the program.</returns>
    public static async Task<(string? Output, string Failure)> RunAsync(
        string program, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        var errors = new StringBuilder();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(limit);
        try
        {
            CommandResult result = await ProgramPath.Command(program)
                .WithArguments(arguments)
                .WithValidation(CommandResultValidation.None)
                .WithEnvironmentVariables(environment => environment.Set("LC_ALL", "C"))
                .WithStandardOutputPipe(Bounded(output))
                .WithStandardErrorPipe(Bounded(errors))
                .ExecuteAsync(timeout.Token)
                .ConfigureAwait(false);
            if (result.ExitCode == 0)
            {
                return (output.ToString(), "");
            }

            string words = errors.ToString().Split('\n', 2)[0].Trim();
            string code = result.ExitCode.ToString(CultureInfo.InvariantCulture);
            return (null, words.Length == 0 ? $"ended with code {code}" : $"ended with code {code}: {words}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"did not answer within {limit.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s");
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException or CliWrapException or IOException)
        {
            return (null, $"could not be started: {exception.Message}");
        }
    }

    private static PipeTarget Bounded(StringBuilder text) => PipeTarget.Create(async (stream, cancellationToken) =>
    {
        byte[] buffer = new byte[4096];
        int kept = 0;
        int read;
        // Reads on to the end, so that the program never blocks on a full pipe.
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            int take = Math.Min(read, MaxOutput - kept);
            text.Append(Encoding.UTF8.GetString(buffer, 0, take));
            kept += take;
        }
    });
}
