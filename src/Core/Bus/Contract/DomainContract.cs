using VirtHandover.Bus.Client;

namespace VirtHandover.Bus.Contract;

/// <summary><c>org.virthandover.Handover1.Domain</c>; its documentation is <c>data/dbus/org.virthandover.Handover1.Domain.xml</c>.</summary>
internal static class DomainContract
{
    internal static InterfaceDefinition Definition { get; } = new InterfaceBuilder<PublishedDomain>(HandoverNames.Domain)
        .Method("Approve", [ArgumentDefinition.Options], (domain, call) => domain.ActAsync(
            call,
            (id, caller, options, cancellation) => domain.Requests.ApproveAsync(id, PolicyOptions.Allowed(options), caller, cancellation),
            PolicyOptions.MaxPause))
        .Method("Defer", [new("t", "until_usec"), ArgumentDefinition.Options], (domain, call) => domain.ActAsync(
            call,
            (id, caller, options, cancellation) => domain.Requests.DeferAsync(
                id, Until(call.Arguments[0]), ReasonText.Of(CallOptions.Get(options, "reason", BusValueReading.AsText, "")), caller, cancellation),
            "reason"))
        .Method("Undefer", [ArgumentDefinition.Options], (domain, call) => domain.ActAsync(call, domain.Requests.UndeferAsync))
        .Method("Cancel", [ArgumentDefinition.Options], (domain, call) => domain.ActAsync(call, domain.Requests.CancelAsync))
        .Method("Retry", [ArgumentDefinition.Options], (domain, call) => domain.ActAsync(call, domain.Requests.RetryAsync))
        .Method("SetPolicy", [ArgumentDefinition.Options], async (domain, call) =>
        {
            var caller = await Bouncer.DemandAsync(call).ConfigureAwait(false);
            await domain.Requests.SetPolicyAsync(domain.View.Uuid, PolicyOptions.FromBus(call), caller, domain.Stopping).ConfigureAwait(false);
        })
        .Method("Prepare", [ArgumentDefinition.Options], [new("s", "sentence")], async (domain, call) =>
        {
            var caller = await Bouncer.DemandAsync(call).ConfigureAwait(false);
            CallOptions.Read(call);
            return [await domain.Requests.PrepareAsync(domain.View.Uuid, caller, domain.Stopping).ConfigureAwait(false)];
        })
        .Property("Uuid", "s", domain => domain.View.Uuid.ToString("D"), PropertyChange.Constant)
        .Property("Name", "s", domain => domain.View.Name)
        .Property("State", "s", domain => domain.View.State)
        .Property("RunningVersion", "s", domain => domain.View.RunningVersion)
        .Property("InstalledVersion", "s", domain => domain.View.InstalledVersion)
        .Property("RunningPackage", "s", domain => domain.View.RunningPackage)
        .Property("InstalledPackage", "s", domain => domain.View.InstalledPackage)
        .Property("OutdatedReasons", "as", domain => BusValue.Strings(domain.View.OutdatedReasons))
        .Property("Method", "s", domain => domain.View.Method)
        .Property("MethodReason", "s", domain => domain.View.MethodReason)
        .Property("Findings", FindingCodec.Signature, domain => FindingCodec.ToBus(domain.View.Findings))
        .Property("DeferredUntil", "t", domain => BusTime.ToBus(domain.View.DeferredUntil))
        .Property("DeferReason", "s", domain => domain.View.DeferReason)
        .Property("ApprovedBy", "s", domain => domain.View.ApprovedBy)
        .Property("WaitReason", "s", domain => domain.View.WaitReason)
        .Property("PolicyMode", "s", domain => domain.View.PolicyMode)
        .Property("PolicyWindow", "s", domain => domain.View.PolicyWindow)
        .Property("PolicyMaxPause", "t", domain => BusTime.Duration(domain.View.PolicyMaxPauseMicroseconds))
        .Property("PolicyPriority", "i", domain => domain.View.PolicyPriority)
        .Property("PolicySource", "s", domain => domain.View.PolicySource)
        .Property("PolicyOwn", "as", domain => BusValue.Strings(domain.View.PolicyOwn))
        .Property("PolicyRefusal", "s", domain => domain.View.PolicyRefusal)
        .Property("NextWindow", "t", domain => BusTime.ToBus(domain.View.NextWindow))
        .Property("AssessedAt", "t", domain => BusTime.ToBus(domain.View.AssessedAt))
        .Property("Phase", "s", domain => domain.View.Phase)
        .Property("PhaseTimes", PhaseCodec.Signature, domain => PhaseCodec.ToBus(domain.View.PhaseTimes))
        .Property("PhaseSince", "t", domain => BusTime.ToBus(domain.View.PhaseSince))
        .Property("Progress", "d", domain => domain.View.Progress)
        .Property("LastPause", "t", domain => BusTime.Duration(domain.View.LastPauseMicroseconds))
        .Property("LastTotal", "t", domain => BusTime.Duration(domain.View.LastTotalMicroseconds))
        .Property("LastOutage", "t", domain => BusTime.Duration(domain.View.LastOutageMicroseconds))
        .Property("LastSentence", "s", domain => domain.View.LastSentence)
        .Build();

    /// <summary>Reads a domain from its properties; one that an older service does not have is left at its default.</summary>
    /// <exception cref="BusException">A property is of another type, or the UUID is missing.</exception>
    internal static DomainView Read(IReadOnlyDictionary<string, BusValue> properties)
    {
        return new DomainView
        {
            Uuid = Guid.TryParseExact(Text("Uuid"), "D", out var uuid)
                ? uuid
                : throw new BusException(BusErrorNames.InvalidArgs, "A domain's object has no UUID."),
            Name = Text("Name"),
            State = Text("State"),
            RunningVersion = Text("RunningVersion"),
            InstalledVersion = Text("InstalledVersion"),
            RunningPackage = Text("RunningPackage"),
            InstalledPackage = Text("InstalledPackage"),
            OutdatedReasons = properties.TryGetValue("OutdatedReasons", out var reasons) ? reasons.AsStrings() : [],
            Method = Text("Method"),
            MethodReason = Text("MethodReason"),
            Findings = properties.TryGetValue("Findings", out var findings) ? FindingCodec.FromBus(findings) : [],
            DeferredUntil = Moment("DeferredUntil"),
            DeferReason = Text("DeferReason"),
            ApprovedBy = Text("ApprovedBy"),
            WaitReason = Text("WaitReason"),
            PolicyMode = Text("PolicyMode"),
            PolicyWindow = Text("PolicyWindow"),
            PolicyMaxPauseMicroseconds = Number("PolicyMaxPause"),
            PolicyPriority = properties.TryGetValue("PolicyPriority", out var priority) ? priority.AsInt32() : 0,
            PolicySource = Text("PolicySource"),
            PolicyOwn = properties.TryGetValue("PolicyOwn", out var own) ? own.AsStrings() : [],
            PolicyRefusal = Text("PolicyRefusal"),
            NextWindow = Moment("NextWindow"),
            AssessedAt = Moment("AssessedAt"),
            Phase = Text("Phase"),
            PhaseTimes = properties.TryGetValue("PhaseTimes", out var phases) ? PhaseCodec.FromBus(phases) : [],
            PhaseSince = Moment("PhaseSince"),
            Progress = properties.TryGetValue("Progress", out var progress) ? progress.AsDouble() : -1,
            LastPauseMicroseconds = Number("LastPause"),
            LastTotalMicroseconds = Number("LastTotal"),
            LastOutageMicroseconds = Number("LastOutage"),
            LastSentence = Text("LastSentence"),
        };

        string Text(string name) => properties.TryGetValue(name, out var value) ? value.AsText() : "";
        DateTimeOffset? Moment(string name) => properties.TryGetValue(name, out var value) ? BusTime.FromBus(value) : null;
        long Number(string name) => properties.TryGetValue(name, out var value) ? value.AsClampedInt64() : 0;
    }

    /// <summary>
    /// The moment; somebody who gave seconds would otherwise read that it has already passed, and nanoseconds would defer for ever.
    /// </summary>
    private static DateTimeOffset Until(BusValue value) =>
        BusTime.FromBus(value) is { } moment && moment > DateTimeOffset.UnixEpoch.AddHours(5) && moment < DateTimeOffset.UnixEpoch.AddYears(230)
        ? moment
        : throw new ServiceException(
            ServiceFault.InvalidArgument,
            $"{value.AsUInt64()} is no time to defer to: it is given in microseconds since 1970, for example 1798761600000000 for 2027-01-01 00:00:00 UTC.");
}
