using System.CommandLine;
using System.Globalization;
using VirtHandover.Bus.Client;
using VirtHandover.Policy;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover policy show|set|unset DOMAIN…</c>: what a domain's own metadata says.</summary>
internal sealed class PolicyVerb : Verb
{
    /// <summary>Who approves, as it is typed.</summary>
    public static readonly string[] Modes = ["auto", "ask", "never"];

    public PolicyVerb(CliContext context)
        : base(
            context,
            "policy",
            "Show or change the policy of domains: mode, maintenance windows, pause budget, priority.",
            "policy show web-01",
            "policy set web-01 auto --window 'Sun 02:00-04:00' --max-pause 30ms",
            "policy unset web-01 --window")
    {
        Subcommands.Add(new Show(context));
        Subcommands.Add(new Set(context));
        Subcommands.Add(new Unset(context));
    }

    protected override Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken) =>
        throw new UsageException("policy needs one of show, set or unset.");

    private sealed class Show : Verb
    {
        private readonly Argument<string> domain = CommonOptions.Domain();

        public Show(CliContext context)
            : base(context, "show", "Show the policy that applies and where it comes from.", "policy show web-01") => Arguments.Add(domain);

        protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
        {
            await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
            var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
            var found = DomainFinder.Find(view, arguments.GetRequiredValue(domain));
            if (output.Json)
            {
                output.Document(JsonMap.Policy(found), json => json.PolicyDocumentJson);
            }
            else
            {
                output.Data($"{found.Name}: {PolicyText.Of(found, view)}");
            }

            return ExitCode.Ok;
        }
    }

    /// <summary>What <c>set</c> and <c>unset</c> have in common.</summary>
    private abstract class Change(CliContext context, string name, string description, params string[] examples)
        : ManyDomainsVerb(context, name, description, examples)
    {
        protected abstract PolicyChange Read(ParseResult arguments);

        protected override void Check(ParseResult arguments) => Read(arguments);

        protected override async Task<string> CallAsync(
            IHandoverService service, DomainView domain, ParseResult arguments, CancellationToken cancellationToken)
        {
            await service.SetPolicyAsync(domain.Uuid, Read(arguments), cancellationToken).ConfigureAwait(false);
            var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
            var now = view.Domains.FirstOrDefault(one => one.Uuid == domain.Uuid);
            return now is null ? "changed" : PolicyText.Of(now, view);
        }
    }

    private sealed class Set : Change
    {
        private readonly Option<string?> mode = CommonOptions.Choice("--mode", "auto: hand over without asking; ask: wait for an approval; never: leave alone.", Modes);
        private readonly Option<string?> window = new("--window") { Description = "Only then, for example 'Sun 02:00-04:00'.", HelpName = "WINDOW" };
        private readonly Option<long?> maxPause;
        private readonly Option<int?> priority = new("--priority")
        {
            Description = "Higher is earlier; 0 is usual.",
            HelpName = "N",
            CustomParser = result =>
            {
                var text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
                if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                {
                    return number;
                }

                result.AddError($"--priority: “{text}” is not a whole number; write for example --priority 10.");
                return null;
            },
        };

        public Set(CliContext context)
            : base(
                context,
                "set",
                "Write a policy into the metadata of domains; what is not named stays as it is.",
                "policy set web-01 --mode auto --window 'Sun 02:00-04:00' --max-pause 30ms",
                "policy set web-01 auto",
                "policy set db-02 db-03 --mode never")
        {
            maxPause = CommonOptions.MaxPause("How long the guest may stand still");
            Options.Add(mode);
            Options.Add(window);
            Options.Add(maxPause);
            Options.Add(priority);
        }

        protected override IReadOnlyList<string> Names(ParseResult arguments)
        {
            var words = base.Names(arguments);
            return LastIsMode(words) ? [.. words.SkipLast(1)] : words;
        }

        protected override PolicyChange Read(ParseResult arguments)
        {
            var words = base.Names(arguments);
            if (words.Skip(1).Where(Modes.Contains).Take(2).ToList() is [var first, var second])
            {
                throw new UsageException($"policy set takes one mode, but “{first}” and “{second}” were given; a domain of such a name goes with --mode or by its UUID.");
            }

            var change = new PolicyChange
            {
                Mode = arguments.GetValue(mode) ?? (LastIsMode(words) ? words[^1] : null),
                Window = arguments.GetValue(window),
                MaxPauseMicroseconds = arguments.GetValue(maxPause),
                Priority = arguments.GetValue(priority),
            };
            return change == new PolicyChange()
                ? throw new UsageException(words.Count > 1
                    ? $"policy set: “{Printable.Of(words[^1])}” is none of auto, ask, never, and nothing else is to be set; name a mode, --window, --max-pause or --priority."
                    : "policy set: nothing to set; name a mode (auto, ask, never), --window, --max-pause or --priority.")
                : change;
        }

        // `policy set web-01 auto` reads best; a domain that is called auto can be named alone, or by its UUID.
        private static bool LastIsMode(IReadOnlyList<string> words) => words.Count > 1 && Modes.Contains(words[^1]);
    }

    private sealed class Unset : Change
    {
        private readonly Option<bool> mode = new("--mode") { Description = "Remove the mode." };
        private readonly Option<bool> window = new("--window") { Description = "Remove the maintenance windows." };
        private readonly Option<bool> maxPause = new("--max-pause") { Description = "Remove the pause budget." };
        private readonly Option<bool> priority = new("--priority") { Description = "Remove the priority." };

        public Unset(CliContext context)
            : base(
                context,
                "unset",
                "Remove policy from the metadata of domains, so that the configuration decides; all of it when no part is named.",
                "policy unset web-01",
                "policy unset web-01 --window")
        {
            Options.Add(mode);
            Options.Add(window);
            Options.Add(maxPause);
            Options.Add(priority);
        }

        protected override PolicyChange Read(ParseResult arguments)
        {
            var all = !new[] { mode, window, maxPause, priority }.Any(arguments.GetValue);
            return new PolicyChange
            {
                Mode = all || arguments.GetValue(mode) ? "" : null,
                Window = all || arguments.GetValue(window) ? "" : null,
                MaxPauseMicroseconds = all || arguments.GetValue(maxPause) ? 0 : null,
                Priority = all || arguments.GetValue(priority) ? 0 : null,
            };
        }
    }
}
