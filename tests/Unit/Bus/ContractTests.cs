using CsCheck;
using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Contract;

namespace VirtHandover.Tests.Unit.Bus;

public class ContractTests
{
    private static readonly Gen<string> s_text = BusValueGen.AnyText;

    private static readonly Gen<DateTimeOffset> s_time = Gen.Long[1, 4_000_000_000_000_000].Select(microseconds => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond));

    private static readonly Gen<Finding> s_finding = Gen.Select(s_text, Gen.Enum<FindingSeverity>(), s_text)
        .Select((code, severity, sentence) => new Finding(code, severity, sentence));

    private static readonly Gen<QemuBuild?> s_build = Gen.Select(Gen.Bool, s_text.Array[4])
        .Select((known, texts) => known ? new QemuBuild(texts[0], texts[1], texts[2], texts[3]) : null);

    private static readonly Gen<HandoverReport> s_report = Gen.Select(
        Gen.Select(Gen.Long[0, long.MaxValue], Gen.Guid, s_text, Gen.Enum<HandoverOutcome>(), s_text, s_text),
        Gen.Select(s_build, s_build, Gen.Enum<RamMethod>().Nullable(0.3), s_finding.Array[0, 4], s_time),
        Gen.Select(
            Gen.Long[0, long.MaxValue].Array[5],
            Gen.Select(Gen.Enum<HandoverPhase>(), Gen.Long[0, long.MaxValue]).Select((phase, time) => new PhaseDuration(phase, time)).Array[0, 6]))
        .Select((a, b, c) => new HandoverReport
        {
            Id = a.Item1,
            Domain = a.Item2,
            Name = a.Item3,
            Outcome = a.Item4,
            Sentence = a.Item5,
            MethodReason = a.Item6,
            From = b.Item1,
            To = b.Item2,
            Method = b.Item3,
            Findings = b.Item4,
            StartedAt = b.Item5,
            PauseMicroseconds = c.Item1[0],
            TotalMicroseconds = c.Item1[1],
            OutageMicroseconds = c.Item1[2],
            CopiedBytes = c.Item1[3],
            AttachPauseMicroseconds = c.Item1[4],
            FramesLost = b.Item3 is null ? null : c.Item1[3],
            By = a.Item6,
            ApprovedAt = b.Item3 is null ? null : b.Item5,
            Phases = c.Item2,
        });

    [Fact]
    public void A_report_comes_back_as_it_was() => s_report.Sample(report =>
    {
        var back = ReportCodec.FromBus(ReportCodec.ToBus(report));
        Assert.Equal(report.Findings, back.Findings);
        Assert.Equal(report.Phases, back.Phases);
        Assert.Equal(report with { Findings = [], Phases = [] }, back with { Findings = [], Phases = [] });
    });

    [Fact]
    public void Anything_else_is_refused_as_a_wrong_value_and_nothing_worse() => BusValueGen.Any.Sample(value =>
    {
        Declared(() => ReportCodec.FromBus(value));
        Declared(() => FindingCodec.FromBus(value));
        Declared(() => DomainContract.Read(value.AsOptions()));
        Declared(() => new HostMirror(value, value));
    });

    [Fact]
    public void A_report_with_one_strange_value_is_refused_or_read() => Gen.Select(s_report, BusValueGen.Any, Gen.Int[0, 100]).Sample((report, value, index) =>
    {
        var items = ReportCodec.ToBus(report).AsOptions().ToDictionary();
        items[items.Keys.ElementAt(index % items.Count)] = value;
        Declared(() => ReportCodec.FromBus(BusValue.Options(items)));
    });

    [Fact]
    public void A_path_stands_for_its_domain_and_for_no_other() => Gen.Guid.Sample(domain =>
    {
        var path = HandoverNames.PathOf(domain);
        Assert.True(HandoverNames.TryParsePath(path, out var back));
        Assert.Equal(domain, back);
        Assert.False(HandoverNames.TryParsePath(path + "/x", out _));
        Assert.False(HandoverNames.TryParsePath(path.ToUpperInvariant(), out _));
    });

    [Fact]
    public void Any_other_path_is_no_domain() => s_text.Sample(text =>
    {
        Assert.False(HandoverNames.TryParsePath("/org/virthandover/Handover1/domain/" + text, out _));
    });

    [Fact]
    public void Any_number_is_a_moment() => Gen.ULong.Sample(number =>
    {
        var moment = BusTime.FromBus(number);
        Assert.Equal(number == 0, moment is null);
    });

    [Fact]
    public void A_domain_read_from_its_own_properties_is_the_same()
    {
        var view = Sample.Domain(Sample.Web, "web");
        var published = new PublishedDomain(new PublishedManager(new FakeRequests(), Sample.Host(), default), view);
        var properties = DomainContract.Definition.Properties.ToDictionary(property => property.Name, property => property.Getter(published));
        Assert.Equivalent(view, DomainContract.Read(properties), strict: true);
        Assert.All(DomainContract.Definition.Properties, property => Assert.Equal(property.Signature, property.Getter(published).Signature));
    }

    private static void Declared(Func<object> read)
    {
        try
        {
            Assert.NotNull(read());
        }
        catch (BusException e)
        {
            Assert.Equal(BusErrorNames.InvalidArgs, e.Name);
        }
    }
}
