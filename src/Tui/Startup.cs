using System.Runtime.InteropServices;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Cli;
using VirtHandover.Tui.Screen;

namespace VirtHandover.Tui;

/// <summary>Puts the program together: the real terminal, clock, signals and service.</summary>
internal static class Startup
{
    private const int HangUp = 129;
    // Never disposed of: what ends the program may come at any moment of its end.
    private static readonly CancellationTokenSource Stopping = new();
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(string[] args)
    {
        var signalCode = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, ExitCode.Interrupted));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, ExitCode.Terminated));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Stop(context, HangUp));

        var traits = TerminalTraits.Detect();
        using var agent = new PasswordAgent();
        var prompt = traits.InputIsTerminal && !Environment.IsPrivilegedProcess ? agent : null;
        var cli = new CliContext
        {
#pragma warning disable RS0030 // What is written here comes through Output, which escapes it.
            Out = Console.Out,
            Error = Console.Error,
#pragma warning restore RS0030
            In = Console.In,
            Traits = traits,
            Time = TimeProvider.System,
            Connect = _ => Task.FromResult<IHandoverService>(new HandoverServiceClient(prompt: prompt)),
            ConnectTo = (remote, _) => Task.FromResult<IHandoverService>(new HandoverServiceClient(remote)),
            OpenScreen = OpenScreenAsync,
        };
        var code = await CommandLine.RunAsync(args, cli, Stopping.Token).ConfigureAwait(false);
        return signalCode != 0 ? signalCode : code;

        Task<int> OpenScreenAsync(ScreenOptions options, CliContext context, CancellationToken cancellationToken)
        {
            // At once: there is no terminal to give back, and an orderly end would spin on the one that has gone.
            Interop.HangUp.Watch(() => ProcessExit.Now(HangUp));
            // The terminal is the screen's: nobody else may ask on it.
            var here = context with { Connect = _ => Task.FromResult<IHandoverService>(new HandoverServiceClient()) };
            return ScreenProgram.RunAsync(options, context.Host is null ? here : context, cancellationToken);
        }

        // A terminal that takes nothing any more, as after Ctrl-S, keeps the screen in a write(2), and it never sees the request to stop.
        static async Task EndAsync(int code)
        {
            await Task.Delay(EndLimit).ConfigureAwait(false);
            ProcessExit.Now(code);
        }

        void Stop(PosixSignalContext context, int code)
        {
            context.Cancel = true;
            End(code);
        }

        void End(int code)
        {
            signalCode = code;
            Stopping.Cancel();
            _ = EndAsync(code);
        }
    }
}
