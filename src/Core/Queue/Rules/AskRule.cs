using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>What people ask of the queue, and when they are refused.</summary>
internal static class AskRule
{
    /// <summary>Something is asked of one VM.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="domain">The VM.</param>
    /// <param name="done">What was asked, as the past participle of a refusal.</param>
    /// <param name="asked">What was asked.</param>
    /// <param name="moment">When.</param>
    /// <exception cref="QueueException">It is refused.</exception>
    public static QueueStep Ask(QueueState state, Guid domain, string done, UpgradeEvent asked, QueueMoment moment)
    {
        var upgrade = state.Named(domain);
        var next = UpgradeMachine.Next(upgrade.State, asked, moment.Now);
        if (next is Transition.Refused refused)
            throw new QueueException(QueueFault.WrongState, $"{ForeignText.Escape(upgrade.Name)} was not {done}: {refused.Why}");
        var isRetry = asked is UpgradeEvent.Retry;
        var after = upgrade with { State = ((Transition.To)next).State, Assessment = isRetry ? null : upgrade.Assessment };
        return new QueueStep(state.With(after)) { IsScanWanted = isRetry };
    }

    /// <summary>Somebody approves a handover.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="domain">The VM.</param>
    /// <param name="by">Who.</param>
    /// <param name="maxPause">How long the guest may stand still in this handover; null: as its policy says.</param>
    /// <param name="moment">When.</param>
    /// <exception cref="QueueException">It is refused.</exception>
    public static QueueStep Approve(QueueState state, Guid domain, string by, TimeSpan? maxPause, QueueMoment moment)
    {
        var upgrade = state.Named(domain);
        PolicyRule.DemandAllowed(state, upgrade, moment.Options, "approved");
        PolicyRule.DemandBudget(state, upgrade, moment.Options, maxPause, "approved");
        var step = Ask(state, domain, "approved", new UpgradeEvent.Approve(by, maxPause), moment);
        // Somebody looks, and wants it now.
        return step with { State = step.State with { PutOff = null }, News = [new QueueNews.Approved(step.State.Upgrades[domain], by)] };
    }

    /// <summary>Somebody takes back what is approved, deferred or running.</summary>
    /// <exception cref="QueueException">It is refused.</exception>
    public static QueueStep Cancel(QueueState state, Guid domain, string by, QueueMoment moment)
    {
        var step = Ask(state, domain, "cancelled", new UpgradeEvent.Cancel(by), moment);
        return step.State.Upgrades[domain].State is UpgradeState.Running running ? step with { Cancelled = running.Id } : step;
    }

    /// <summary>What people have approved is taken back. What a policy approves it approves again.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="by">Who takes it back.</param>
    /// <param name="moment">When.</param>
    /// <returns>The step, and the names of those that were approved.</returns>
    public static (QueueStep Step, IReadOnlyList<string> Names) TakeBack(QueueState state, string by, QueueMoment moment)
    {
        var approved = state.Upgrades.Values.Where(PolicyRule.IsApprovedByHand).OrderBy(upgrade => upgrade.Name, StringComparer.Ordinal).ToList();
        return (
            new QueueStep(approved.Aggregate(state, (left, one) => Ask(left, one.Domain, "cancelled", new UpgradeEvent.Cancel(by), moment).State)),
            approved.ConvertAll(upgrade => upgrade.Name));
    }

    /// <summary>Whether a handover may be asked for by name.</summary>
    /// <exception cref="QueueException">It may not.</exception>
    public static Upgrade DemandRun(QueueState state, Guid domain, bool rehearse, QueueOptions options)
    {
        var upgrade = state.Named(domain);
        var name = ForeignText.Escape(upgrade.Name);
        if (state.Asked.Exists(asked => asked.Domain == domain))
            throw new QueueException(QueueFault.WrongState, $"A handover of {name} already waits for its turn; wait for its end or cancel it.");
        if (rehearse)
            return upgrade;
        PolicyRule.DemandAllowed(state, upgrade, options, "handed over");
        return state.Hold.Length > 0 ? throw new QueueException(QueueFault.WrongState, $"{name} was not handed over: {state.Hold}") : upgrade;
    }

    /// <summary>The name of a VM whose policy or definition may be changed now.</summary>
    /// <exception cref="QueueException">It may not.</exception>
    public static string NameToChange(QueueState state, Guid domain) => state.Named(domain) is var upgrade && upgrade.State is UpgradeState.Running
        ? throw new QueueException(
            QueueFault.WrongState, $"The handover of {ForeignText.Escape(upgrade.Name)} is running; its definition can be changed when it has ended.")
        : upgrade.Name;

    /// <summary>Somebody pauses the queue.</summary>
    public static QueueStep Pause(QueueState state, string reason, string by, QueueMoment moment)
    {
        var why = reason.Trim() is { Length: > 0 } text ? $": {ForeignText.Escape(text).TrimEnd('.')}." : ".";
        return Control(state, state.Control with
        {
            Pause = new QueuePause(by, moment.Now, $"The queue was paused by {by}{why} Let it go on: virt-handover queue resume"),
        });
    }

    /// <summary>Somebody lets the queue go on; failed handovers are counted from 0.</summary>
    /// <exception cref="QueueException">It is not paused.</exception>
    public static QueueStep Resume(QueueState state) => state.Control.Pause is null
        ? throw new QueueException(QueueFault.WrongState, "The queue is not paused; there is nothing to resume.")
        : Control(state, state.Control with { Pause = null, Failures = 0 });

    private static QueueStep Control(QueueState state, QueueControl control) =>
        new(state with { Control = control }) { News = [.. StopRule.News(state.Control, control, isByItself: false)] };
}
