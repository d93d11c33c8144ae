using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Cli.Verbs;

namespace VirtHandover.Tui.Cli;

/// <summary>The program's command line as a whole: verbs, errors, exit codes.</summary>
internal static class CommandLine
{
    public const string Name = "virt-handover";

    private static readonly ParserConfiguration Parser = new()
    {
        // A domain may be called @web; nobody wants that file read.
        ResponseFileTokenReplacer = null,
        EnablePosixBundling = false,
    };

    public static string Version =>
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Runs the program; never throws.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments, CliContext context, CancellationToken cancellationToken)
    {
        var root = Build(context);
        var parsed = root.Parse(arguments, Parser);
        try
        {
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpText)
            {
                throw new UsageException(UsageText.Of(parsed));
            }

            var configuration = new InvocationConfiguration
            {
                Output = context.Out,
                Error = context.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            Fault(context, e.Message);
            Hint(context, parsed.CommandResult.Command);
            return ExitCode.Usage;
        }
        catch (ServiceException e)
        {
            var host = e.Fault == ServiceFault.Unreachable ? parsed.GetValue(CommonOptions.Host) : null;
            Fault(context, host is null || e.Message.Contains(host.Text, StringComparison.Ordinal) ? e.Message : $"{e.Message} (On {host.Text}, over SSH.)");
            return ExitCode.Of(e.Fault);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            Fault(context, $"An error in this program, please report it: {e}");
            return ExitCode.Internal;
        }
    }

    public static Command Build(CliContext context)
    {
        // Not a RootCommand: that one is called after the file that runs, and brings directives along.
        var root = new Command(
            Name, "Move running virtual machines onto a newly installed QEMU: same host, memory not copied, a pause of milliseconds.");
        var help = new HelpOption { Recursive = true };
        help.Action = new HelpText((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(new VersionOption { Action = new PrintVersion() });
        root.Options.Add(CommonOptions.Json);
        root.Options.Add(CommonOptions.NoColor);
        root.Options.Add(CommonOptions.Host);
        Verb[] verbs =
        [
            new ListVerb(context), new ShowVerb(context), new ApproveVerb(context), new DeferVerb(context), new UndeferVerb(context),
            new CancelVerb(context), new RetryVerb(context), new RunVerb(context), new RehearseVerb(context), new QueueVerb(context),
            new StatusVerb(context), new WatchVerb(context), new HistoryVerb(context), new PausesVerb(context), new PolicyVerb(context),
            new PrepareVerb(context), new RescanVerb(context), new CompleteVerb(context),
        ];
        foreach (var verb in verbs)
        {
            root.Subcommands.Add(verb);
        }

        root.SetAction((parsed, cancellationToken) => OpenScreenAsync(parsed, context, cancellationToken));
        return root;
    }

    private static Task<int> OpenScreenAsync(ParseResult parsed, CliContext context, CancellationToken cancellationToken)
    {
        var traits = context.Traits;
        if (parsed.GetValue(CommonOptions.Json))
        {
            throw new UsageException("--json needs a verb.");
        }

        if (!traits.InputIsTerminal || !traits.OutputIsTerminal)
        {
            throw new UsageException("The screen needs a terminal on standard input and output; use a verb instead, for example “virt-handover list”.");
        }

        if (traits.Kind is "dumb" or "")
        {
            throw new UsageException(
                $"The screen cannot be drawn on a terminal of the kind “{traits.Kind}” (TERM); use a verb instead, for example “virt-handover list”.");
        }

        return context.OpenScreen(
            new ScreenOptions(traits.Color && !parsed.GetValue(CommonOptions.NoColor)),
            context.On(parsed.GetValue(CommonOptions.Host), mayAsk: false),
            cancellationToken);
    }

    private static void Fault(CliContext context, string sentence)
    {
        foreach (var line in sentence.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            context.Error.WriteLine($"{Name}: {context.Traits.Glyphs.Safe(line.TrimEnd('\r'))}");
        }
    }

    private static void Hint(CliContext context, Command command)
    {
        var example = command is Verb verb ? verb.Examples[0] : "list";
        var help = command is Verb verbOrPart ? $"{verbOrPart.FullName} --help" : "--help";
        context.Error.WriteLine($"Example: {Name} {example}");
        context.Error.WriteLine($"See {Name} {help}");
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"{Name} {Version}");
            return ExitCode.Ok;
        }
    }
}
