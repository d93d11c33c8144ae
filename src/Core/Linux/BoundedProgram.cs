using System.ComponentModel;
using System.Globalization;
using CliWrap;
using CliWrap.Exceptions;

namespace VirtHandover.Linux;

/// <summary>A program of the host's that is run for what it says: never longer than a limit, never with more of its words than another.</summary>
/// <param name="Program">Path or name.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Limit">It is killed after this, and what it has started with it.</param>
internal sealed record BoundedProgram(string Program, IReadOnlyList<string> Arguments, TimeSpan Limit)
{
    /// <summary>Bytes of each output that are kept.</summary>
    internal int MostBytes { get; init; } = 64 << 10;

    /// <summary>Variables that are other than this process's own.</summary>
    internal IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Where it runs; where this process is, when it is null.</summary>
    internal string? Directory { get; init; }

    /// <summary>What it says on standard error is kept among its output, in the order in which it comes.</summary>
    internal bool IsOneText { get; init; }

    private string InTime { get; init; } = "end";

    /// <summary>Runs one that answers in English on its standard output.</summary>
    /// <param name="program">Path or name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="limit">It is killed after this.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>Its standard output, or why there is none: the end of a sentence that begins with the program.</returns>
    internal static async Task<(string? Output, string Failure)> AskAsync(
        string program, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellationToken)
    {
        var asked = new BoundedProgram(program, arguments, limit) { Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C" }, InTime = "answer" };
        var end = await asked.RunAsync(cancellationToken).ConfigureAwait(false);
        if (end.ExitCode is not { } code)
            return (null, end.Failure);
        if (code == 0)
            return (end.Output, "");
        var words = end.Errors.Split('\n', 2)[0].Trim();
        return (null, string.Create(CultureInfo.InvariantCulture, $"ended with code {code}: {words}").TrimEnd(':', ' '));
    }

    /// <summary>Runs it to its end, with nothing on its standard input.</summary>
    /// <param name="cancellationToken">Kills it.</param>
    internal async Task<ProgramEnd> RunAsync(CancellationToken cancellationToken)
    {
        var output = new KeptOutput(MostBytes);
        var errors = IsOneText ? output : new KeptOutput(MostBytes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Limit);
        try
        {
            // Not only until it has been killed: what it has started may have left it, and hold its pipes.
            var result = await Command(output, errors).ExecuteAsync(stop.Token).Task.WaitAsync(stop.Token).ConfigureAwait(false);
            return new ProgramEnd(result.ExitCode, output.Text, IsOneText ? "" : errors.Text, "");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Without(string.Create(CultureInfo.InvariantCulture, $"did not {InTime} within {Limit.TotalSeconds:0.###} s"));
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException or CliWrapException or IOException)
        {
            return Without($"could not be started: {exception.Message.TrimEnd('.')}");
        }
    }

    private static ProgramEnd Without(string failure) => new(null, "", "", failure);

    private Command Command(KeptOutput output, KeptOutput errors)
    {
        var command = ProgramPath.Command(Program)
            .WithArguments(Arguments)
            .WithValidation(CommandResultValidation.None)
            .WithEnvironmentVariables(Environment)
            .WithStandardInputPipe(PipeSource.Null)
            .WithStandardOutputPipe(PipeTarget.Create(output.ReadAsync))
            .WithStandardErrorPipe(PipeTarget.Create(errors.ReadAsync));
        return Directory is null ? command : command.WithWorkingDirectory(Directory);
    }
}
