using Microsoft.Extensions.Time.Testing;
using VirtHandover.Tui.Cli;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>One run of the command line in process.</summary>
internal sealed class CliRun
{
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();
    private readonly TextWriter lockedOutput;
    private readonly TextWriter lockedError;

    public CliRun(FakeService service, bool terminal = false)
    {
        lockedOutput = TextWriter.Synchronized(output);
        lockedError = TextWriter.Synchronized(error);
        Time.SetLocalTimeZone(TimeZoneInfo.Utc);
        Context = new CliContext
        {
            Out = lockedOutput,
            Error = lockedError,
            In = new StringReader(""),
            Traits = new TerminalTraits
            {
                InputIsTerminal = terminal,
                OutputIsTerminal = terminal,
                ErrorIsTerminal = terminal,
                Kind = "xterm",
                Color = true,
                Glyphs = GlyphSet.Unicode,
                Width = terminal ? 100 : int.MaxValue,
            },
            Time = Time,
            Connect = service.ConnectAsync,
            ConnectTo = (remote, cancellationToken) =>
            {
                Ssh = string.Join(' ', ((SshBus)remote).Words);
                return service.ConnectAsync(cancellationToken);
            },
            OpenScreen = (options, _, _) =>
            {
                Screen = options;
                return Task.FromResult(ExitCode.Ok);
            },
        };
    }

    public FakeTimeProvider Time { get; } = new(Sample.Now);

    public CliContext Context { get; set; }

    /// <summary>What ssh would have been started with; null for this machine's own bus.</summary>
    public string? Ssh { get; private set; }

    /// <summary>How the screen was opened; null when it was not.</summary>
    public ScreenOptions? Screen { get; private set; }

    public string Out => Read(lockedOutput, output);

    public string Error => Read(lockedError, error);

    public Task<int> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    public Task<int> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        CommandLine.RunAsync(arguments, Context, cancellationToken);

    /// <summary>A synchronized writer locks itself; a verb may be writing while a test looks.</summary>
    private static string Read(TextWriter locked, StringWriter written)
    {
        lock (locked)
        {
            return written.ToString();
        }
    }
}
