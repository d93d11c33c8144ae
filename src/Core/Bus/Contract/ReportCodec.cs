using VirtHandover.Contract;

namespace VirtHandover.Bus.Contract;

/// <summary>A <see cref="HandoverReport"/> as <c>a{sv}</c>; what is not known has no key.</summary>
internal static class ReportCodec
{
    internal static BusValue ToBus(HandoverReport report)
    {
        var items = new Dictionary<string, BusValue>
        {
            ["id"] = (ulong)Math.Max(0, report.Id),
            ["domain"] = report.Domain.ToString("D"),
            ["name"] = report.Name,
            ["outcome"] = BusWord.ToBus(report.Outcome),
            ["sentence"] = report.Sentence,
            ["method_reason"] = report.MethodReason,
            ["findings"] = FindingCodec.ToBus(report.Findings),
            ["started_at"] = BusTime.ToBus(report.StartedAt),
            ["pause"] = BusTime.Duration(report.PauseMicroseconds),
            ["total"] = BusTime.Duration(report.TotalMicroseconds),
            ["outage"] = BusTime.Duration(report.OutageMicroseconds),
            ["copied_bytes"] = (ulong)Math.Max(0, report.CopiedBytes),
            ["phases"] = PhaseCodec.ToBus(report.Phases),
            ["attach_pause"] = BusTime.Duration(report.AttachPauseMicroseconds),
            ["by"] = report.By,
        };
        if (report.FramesLost is { } lost)
            items["frames_lost"] = (ulong)Math.Max(0, lost);
        if (report.ApprovedAt is { } approved)
            items["approved_at"] = BusTime.ToBus(approved);
        if (report.From is { } from)
            items["from"] = Build(from);
        if (report.To is { } to)
            items["to"] = Build(to);
        if (report.Method is { } method)
            items["method"] = BusWord.ToBus(method);
        return BusValue.Options(items);
    }

    /// <exception cref="BusException">A key that every report has is missing, or a value is of another type.</exception>
    internal static HandoverReport FromBus(BusValue value)
    {
        var items = value.AsOptions();
        return new HandoverReport
        {
            Id = Required(items, "id").AsClampedInt64(),
            Domain = Guid.TryParseExact(Required(items, "domain").AsText(), "D", out var domain)
                ? domain
                : throw new BusException(BusErrorNames.InvalidArgs, "A report's domain is not a UUID."),
            Name = Required(items, "name").AsText(),
            Outcome = BusWord.FromBus<HandoverOutcome>(Required(items, "outcome").AsText()),
            Sentence = Required(items, "sentence").AsText(),
            From = items.TryGetValue("from", out var from) ? Build(from) : null,
            To = items.TryGetValue("to", out var to) ? Build(to) : null,
            Method = items.TryGetValue("method", out var method) ? BusWord.FromBus<RamMethod>(method.AsText()) : null,
            MethodReason = items.TryGetValue("method_reason", out var reason) ? reason.AsText() : "",
            Findings = items.TryGetValue("findings", out var findings) ? FindingCodec.FromBus(findings) : [],
            StartedAt = BusTime.FromBus(Required(items, "started_at")) ?? DateTimeOffset.UnixEpoch,
            PauseMicroseconds = Number(items, "pause"),
            TotalMicroseconds = Number(items, "total"),
            OutageMicroseconds = Number(items, "outage"),
            CopiedBytes = Number(items, "copied_bytes"),
            FramesLost = items.TryGetValue("frames_lost", out var lost) ? lost.AsClampedInt64() : null,
            Phases = items.TryGetValue("phases", out var phases) ? PhaseCodec.FromBus(phases) : [],
            AttachPauseMicroseconds = Number(items, "attach_pause"),
            By = items.TryGetValue("by", out var by) ? by.AsText() : "",
            ApprovedAt = items.TryGetValue("approved_at", out var approved) ? BusTime.FromBus(approved) : null,
        };
    }

    private static BusValue Build(QemuBuild build) => BusValue.Options(new Dictionary<string, BusValue>
    {
        ["path"] = build.Path,
        ["version"] = build.Version,
        ["package"] = build.Package,
        ["build_id"] = build.BuildId,
    });

    private static QemuBuild Build(BusValue value)
    {
        var items = value.AsOptions();
        return new QemuBuild(
            Required(items, "path").AsText(),
            Required(items, "version").AsText(),
            Required(items, "package").AsText(),
            Required(items, "build_id").AsText());
    }

    private static long Number(IReadOnlyDictionary<string, BusValue> items, string key) =>
        items.TryGetValue(key, out var value) ? value.AsClampedInt64() : 0;

    private static BusValue Required(IReadOnlyDictionary<string, BusValue> items, string key) =>
        items.TryGetValue(key, out var value) ? value : throw new BusException(BusErrorNames.InvalidArgs, $"A report has no \"{key}\".");
}
