/** Reads an interval log with the official HdrHistogram reader and prints, a series a line: tag, count, p50, p99, p99.9, max. */

import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

public class ReadLog {
    public static void main(String[] args) throws Exception {
        Map<String, Histogram> series = new LinkedHashMap<>();
        HistogramLogReader reader = new HistogramLogReader(args[0]);
        for (EncodableHistogram next; (next = reader.nextIntervalHistogram()) != null; ) {
            Histogram interval = (Histogram) next;
            series.computeIfAbsent(interval.getTag(), tag -> new Histogram(3_600_000_000L, 3)).add(interval);
        }
        for (Map.Entry<String, Histogram> one : series.entrySet()) {
            Histogram h = one.getValue();
            System.out.println(String.join(" ", one.getKey(), Long.toString(h.getTotalCount()),
                Long.toString(h.getValueAtPercentile(50)), Long.toString(h.getValueAtPercentile(99)),
                Long.toString(h.getValueAtPercentile(99.9)), Long.toString(h.getMaxValue())));
        }
    }
}
