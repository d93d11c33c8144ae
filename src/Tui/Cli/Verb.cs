using System.CommandLine;

namespace VirtHandover.Tui.Cli;

/// <summary>One verb of the command line; a file each in <c>Verbs</c>.</summary>
internal abstract class Verb : Command
{
    protected Verb(CliContext context, string name, string description, params string[] examples)
        : base(name, description)
    {
        Context = context;
        Examples = examples;
        SetAction((arguments, cancellationToken) =>
        {
            Context = context.On(arguments.GetValue(CommonOptions.Host), mayAsk: context.Traits.InputIsTerminal);
            var output = new Output(context, arguments.GetValue(CommonOptions.Json), !arguments.GetValue(CommonOptions.NoColor));
            return RunAsync(arguments, output, cancellationToken);
        });
    }

    /// <summary>The verb as it is typed, with what it is part of.</summary>
    public string FullName => Parents.OfType<Verb>().FirstOrDefault() is { } parent ? $"{parent.FullName} {Name}" : Name;

    /// <summary>What a right call looks like; shown by <c>--help</c> and after a wrong one.</summary>
    public IReadOnlyList<string> Examples { get; }

    protected CliContext Context { get; private set; }

    /// <summary>Does it; a <see cref="Bus.Client.ServiceException"/> may pass.</summary>
    /// <returns>The exit code.</returns>
    protected abstract Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken);
}
